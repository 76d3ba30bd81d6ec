-- A key of the role “partner” opens the partners' part of the API and nothing else; no person has it.

ALTER TABLE api_key DROP CONSTRAINT api_key_role_check;
ALTER TABLE api_key ADD CONSTRAINT api_key_role_check
      CHECK (role IN ('owner', 'operator', 'support', 'viewer', 'partner'));
