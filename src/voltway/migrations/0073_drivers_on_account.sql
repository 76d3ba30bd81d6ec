-- Whether somebody pays for a token's charges on account, so that no saved method of its driver does.

ALTER TABLE token ADD COLUMN on_account boolean NOT NULL DEFAULT false;
UPDATE token SET on_account = true WHERE id IN (SELECT token_id FROM customer_token);
