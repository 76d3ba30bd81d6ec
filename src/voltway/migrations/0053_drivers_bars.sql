-- Why a token opens no station for now, beside its status: see drivers.model.Bar.

ALTER TABLE token ADD COLUMN bars text[] NOT NULL DEFAULT '{}'
    CHECK (bars <@ ARRAY['unpaid', 'no_credit', 'limit', 'method', 'two_places']);

CREATE OR REPLACE VIEW token_view WITH (security_invoker = true) AS
SELECT id, party_id, uid, kind, label, status, valid_until, tariff_version_id, email, created_at,
       contract_id, bars
  FROM token;
