-- Bays that a station was asked to keep for one driver, and for how long drivers may ask for that.

CREATE TABLE reservation (
    id          uuid        PRIMARY KEY,
    number      integer     NOT NULL UNIQUE GENERATED ALWAYS AS IDENTITY,  -- to the station
    party_id    uuid        NOT NULL REFERENCES party,
    key         text        NOT NULL UNIQUE,   -- in the address of its page
    location_id uuid        NOT NULL,
    station_id  uuid        NOT NULL,
    evse_id     uuid        NOT NULL,
    turn_id     uuid,                          -- the hold in a line that it stands beside
    email       text        NOT NULL,
    locale      text        NOT NULL,
    minutes     integer     NOT NULL,
    token_uid   text        NOT NULL,
    own_card    boolean     NOT NULL,          -- the token is a card of theirs, not made for this
    state       text        NOT NULL CHECK (state IN ('asked', 'kept', 'started', 'ended')),
    why         text        NOT NULL DEFAULT '',
    said        text        NOT NULL DEFAULT '',  -- the station's word, or the operator's reason
    order_id    uuid,                          -- the newest order that asks the station for it
    asked_at    timestamptz NOT NULL,
    let_go      boolean     NOT NULL DEFAULT false,  -- the station keeps it no more, we still do
    created_at  timestamptz NOT NULL,
    until       timestamptz NOT NULL,
    warned_at   timestamptz,
    paying_at   timestamptz,                   -- when they last began to pay for a visit there
    visit_key   text,
    ended_at    timestamptz,
    CHECK ((state IN ('asked', 'kept')) = (ended_at IS NULL))
);
CREATE UNIQUE INDEX reservation_bay ON reservation (evse_id) WHERE state IN ('asked', 'kept');
CREATE UNIQUE INDEX reservation_once ON reservation (email)
    WHERE state IN ('asked', 'kept') AND turn_id IS NULL;
CREATE INDEX reservation_station ON reservation (station_id) WHERE state IN ('asked', 'kept');
CREATE INDEX reservation_email ON reservation (email, created_at);
CREATE INDEX reservation_party ON reservation (party_id, id);
CREATE INDEX reservation_ended ON reservation (ended_at) WHERE ended_at IS NOT NULL;
SELECT protect('reservation');

-- For so many minutes at most a driver may reserve a bay, at a place or (without one) everywhere;
-- 0: not at all.
CREATE TABLE reservation_rule (
    party_id    uuid        NOT NULL REFERENCES party,
    location_id uuid,
    minutes_max integer     NOT NULL CHECK (minutes_max BETWEEN 0 AND 120),
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL
);
CREATE UNIQUE INDEX reservation_rule_once
    ON reservation_rule (party_id, coalesce(location_id, party_id));
SELECT protect('reservation_rule');

-- Bays that are held for somebody, in line or by a reservation, and until when.
CREATE OR REPLACE VIEW bay_hold_view WITH (security_invoker = true) AS
    SELECT evse_id, party_id, held_until FROM waiting_turn WHERE evse_id IS NOT NULL
     UNION ALL
    SELECT evse_id, party_id, until FROM reservation
     WHERE state IN ('asked', 'kept') AND turn_id IS NULL;

-- Reservations for pages and programs of those who run the network; whose page it is they need not
-- know.
CREATE VIEW reservation_view WITH (security_invoker = true) AS
    SELECT r.id, r.number, r.party_id, r.location_id, r.station_id, r.evse_id,
           r.turn_id IS NOT NULL AS in_line, r.email, r.minutes, r.state, r.why, r.said,
           r.let_go, r.created_at, r.until, r.ended_at, r.order_id,
           e.public_id, e.number AS evse_number, e.identity, e.location_name, e.time_zone
      FROM reservation r
      JOIN evse_all_view e ON e.id = r.evse_id;
