-- Sessions that a fault of their bay ended, where the station told no reason: found by what it told of the bay around the end.
CREATE TABLE session_fault (
    session_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    error      text,                    -- in the station's words
    found_at   timestamptz NOT NULL
);
SELECT protect('session_fault');
