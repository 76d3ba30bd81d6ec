-- With how much a driver said that their car comes, when they chose it at the bay; and which tokens charge a known car,
-- so that their sessions can be told in time though the car does not tell its charge.
ALTER TABLE token_car ADD COLUMN comes_with_percent smallint CHECK (comes_with_percent BETWEEN 0 AND 99);

CREATE VIEW token_car_view WITH (security_invoker = true) AS
SELECT party_id, token FROM token_car;
