-- Whose car it may be, asked of its driver once; and what the guard found.

CREATE TABLE car_offer (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    mac         text        NOT NULL,
    driver_id   uuid        NOT NULL,
    contract_id uuid        NOT NULL,
    session_id  uuid        NOT NULL,         -- that its driver began otherwise, at the same station
    at          timestamptz NOT NULL,
    state       text        NOT NULL CHECK (state IN ('offered', 'accepted', 'declined')),
    decided_by  text,
    decided_at  timestamptz,
    CHECK ((state = 'offered') = (decided_at IS NULL)),
    UNIQUE (party_id, mac, driver_id)
);
SELECT protect('car_offer');

CREATE TABLE car_finding (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    token_id   uuid        NOT NULL,
    session_id uuid        NOT NULL UNIQUE,
    said       text        NOT NULL,
    at         timestamptz NOT NULL,
    closed_by  text,
    closed_why text,
    closed_at  timestamptz
);
CREATE INDEX car_finding_recent ON car_finding (party_id, at DESC);
SELECT protect('car_finding');

CREATE VIEW car_offer_view WITH (security_invoker = true) AS
    SELECT o.id, o.party_id, o.mac, o.driver_id, o.contract_id, o.session_id, o.at, o.state,
           o.decided_by, o.decided_at, d.name AS driver_name, d.email AS driver_email,
           s.location_name
      FROM car_offer o
      LEFT JOIN driver_view d ON d.id = o.driver_id
      LEFT JOIN session_view s ON s.id = o.session_id;

CREATE VIEW car_finding_view WITH (security_invoker = true) AS
    SELECT f.id, f.party_id, f.token_id, f.session_id, f.said, f.at, f.closed_by, f.closed_why,
           f.closed_at, t.uid, t.label
      FROM car_finding f LEFT JOIN token_view t ON t.id = f.token_id;
