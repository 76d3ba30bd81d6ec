-- Who wants to be told when a bay is free: once, in the order in which they asked.

CREATE TABLE watch (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    key         text        NOT NULL UNIQUE,   -- in the address of its page
    location_id uuid        NOT NULL,
    evse_id     uuid,                          -- one bay; null: any at the place
    power_w_min integer     NOT NULL,
    email       text        NOT NULL,
    locale      text        NOT NULL,
    state       text        NOT NULL
        CHECK (state IN ('waiting', 'told', 'outrun', 'charged', 'ended')),
    why         text        NOT NULL DEFAULT '',
    until       timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    told_at     timestamptz,
    told_evse   uuid,
    ended_at    timestamptz
);
CREATE INDEX watch_waiting ON watch (location_id, evse_id, power_w_min, created_at, id)
    WHERE state = 'waiting';
CREATE INDEX watch_until ON watch (until) WHERE state = 'waiting';
CREATE INDEX watch_told ON watch (told_at) WHERE state = 'told';
CREATE INDEX watch_email ON watch (email, created_at);
SELECT protect('watch');
