-- Until when a running session is expected to be done, and what was said of it.
CREATE TABLE session_target (
    session_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    look_at    timestamptz NOT NULL,   -- when it is worked out again
    said_at    timestamptz,            -- the end that was said last, if one was
    soon_told  boolean     NOT NULL DEFAULT false
);
CREATE INDEX session_target_look_at ON session_target (look_at);
SELECT protect('session_target');
