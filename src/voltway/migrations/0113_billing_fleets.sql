-- Who pays for a fleet, from when until when, and which of its cards stood under that.

CREATE TABLE fleet_payer (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    fleet_id    uuid        NOT NULL,
    customer_id uuid        NOT NULL REFERENCES customer,
    since       timestamptz NOT NULL,
    until       timestamptz CHECK (until >= since),  -- none: still
    set_by      text        NOT NULL,
    ended_by    text,
    CHECK ((until IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX fleet_payer_now ON fleet_payer (fleet_id) WHERE until IS NULL;
CREATE INDEX fleet_payer_fleet ON fleet_payer (fleet_id, since);

-- A card of a fleet while somebody pays for the fleet: what it began to charge in that time is theirs,
-- whosever the card or the fleet is later.
CREATE TABLE fleet_card (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    token_id    uuid        NOT NULL,
    fleet_id    uuid        NOT NULL,
    customer_id uuid        NOT NULL REFERENCES customer,
    since       timestamptz NOT NULL,
    until       timestamptz CHECK (until >= since)
);
CREATE UNIQUE INDEX fleet_card_now ON fleet_card (token_id) WHERE until IS NULL;
CREATE INDEX fleet_card_token ON fleet_card (token_id, since);

SELECT protect('fleet_payer');
SELECT protect('fleet_card');

-- The fleet that makes a card its customer's; none: it was given by itself.
ALTER TABLE customer_token ADD COLUMN fleet_id uuid;

CREATE OR REPLACE VIEW customer_token_view WITH (security_invoker = true) AS
    SELECT t.token_id AS id, t.party_id, t.customer_id, t.since, k.uid, k.label, k.kind, k.status,
           t.fleet_id, f.name AS fleet_name
      FROM customer_token t
      JOIN token_view k ON k.id = t.token_id
      LEFT JOIN fleet_view f ON f.id = t.fleet_id;

CREATE VIEW fleet_payer_view WITH (security_invoker = true) AS
    SELECT p.id, p.party_id, p.fleet_id, p.customer_id, c.name AS customer, p.since, p.until,
           p.set_by, p.ended_by
      FROM fleet_payer p
      JOIN customer c ON c.id = p.customer_id;
