-- Who stands in line at a place, and for whom a bay is held.

CREATE TABLE waiting_turn (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    key           text        NOT NULL UNIQUE,   -- in the address of its page
    location_id   uuid        NOT NULL,
    power_w_min   integer     NOT NULL,
    email         text        NOT NULL,
    locale        text        NOT NULL,
    state         text        NOT NULL
        CHECK (state IN ('waiting', 'offered', 'held', 'started', 'ended')),
    why           text        NOT NULL DEFAULT '',  -- why it is over, or back in line
    ranked_at     timestamptz NOT NULL,          -- the first in line is the earliest
    passes_until  timestamptz,                   -- others go first until then
    lasts_until   timestamptz NOT NULL,
    created_at    timestamptz NOT NULL,
    evse_id       uuid,                          -- the bay that is offered or held
    station_id    uuid,
    held_until    timestamptz,
    nth           integer     NOT NULL DEFAULT 0,  -- of how many offers this is the last
    visit_key     text,                          -- the visit that they began to pay for
    ended_at      timestamptz,
    CHECK ((state IN ('offered', 'held')) = (evse_id IS NOT NULL)),
    CHECK ((evse_id IS NULL) = (held_until IS NULL)),
    CHECK ((evse_id IS NULL) = (station_id IS NULL))
);
CREATE UNIQUE INDEX waiting_turn_bay ON waiting_turn (evse_id) WHERE evse_id IS NOT NULL;
CREATE UNIQUE INDEX waiting_turn_once ON waiting_turn (location_id, email)
    WHERE state IN ('waiting', 'offered', 'held');
CREATE INDEX waiting_turn_station ON waiting_turn (station_id) WHERE station_id IS NOT NULL;
CREATE INDEX waiting_turn_email ON waiting_turn (email, created_at);
CREATE INDEX waiting_turn_ended ON waiting_turn (ended_at) WHERE ended_at IS NOT NULL;
SELECT protect('waiting_turn');

-- For so many minutes a bay is held for who is next; 0: nobody queues at this place.
CREATE TABLE waiting_rule (
    location_id uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    hold_min    integer     NOT NULL CHECK (hold_min BETWEEN 0 AND 30),
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL
);
SELECT protect('waiting_rule');

-- Bays that are held for somebody, and until when.
CREATE VIEW bay_hold_view WITH (security_invoker = true) AS
    SELECT evse_id, party_id, held_until FROM waiting_turn WHERE evse_id IS NOT NULL;
