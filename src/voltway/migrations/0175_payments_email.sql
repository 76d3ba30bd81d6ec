-- Whoever deletes their account is found in all of their payments, and in the codes that they used.

CREATE INDEX payment_email ON payment (lower(email)) WHERE email IS NOT NULL;
CREATE INDEX payment_address ON payment (id) WHERE email IS NOT NULL;  -- whose address is forgotten in time
CREATE INDEX promotion_claim_driver ON promotion_claim (driver) WHERE driver IS NOT NULL;
