-- How fast running sessions charge: what was expected at the last look, and since when it is less.
CREATE TABLE session_slowing (
    session_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    look_at    timestamptz NOT NULL,   -- when it is looked at again
    seen_at    timestamptz NOT NULL,   -- when it was looked at last
    expected_w integer     NOT NULL,
    low_since  timestamptz,
    is_told    boolean     NOT NULL DEFAULT false
);
CREATE INDEX session_slowing_look_at ON session_slowing (look_at);
SELECT protect('session_slowing');
