-- Who had signed in when a visit began: what it cost, and what is told of it, is theirs. It is the
-- row of a person, which loses name and address with their account.

ALTER TABLE payment ADD COLUMN driver_id uuid;
CREATE INDEX payment_driver ON payment (driver_id) WHERE driver_id IS NOT NULL;

CREATE OR REPLACE VIEW own_payment_view WITH (security_invoker = true) AS
    SELECT p.id, p.party_id, p.visit_key, p.session_id, p.state, m.holder, m.id AS method_id
      FROM payment p JOIN payment_method m ON m.id = p.method_id
     WHERE p.driver_id IS NULL
     UNION ALL
    SELECT p.id, p.party_id, p.visit_key, p.session_id, p.state, p.driver_id, p.method_id
      FROM payment p WHERE p.driver_id IS NOT NULL;
