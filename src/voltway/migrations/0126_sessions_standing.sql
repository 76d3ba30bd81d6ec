-- Cars that stand without charging: when their idle fee is worked out again, and what was said of it.
CREATE TABLE session_standing (
    session_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    look_at    timestamptz NOT NULL,   -- when it is worked out again
    soon_told  boolean     NOT NULL DEFAULT false,
    began_told boolean     NOT NULL DEFAULT false
);
CREATE INDEX session_standing_look_at ON session_standing (look_at);
SELECT protect('session_standing');
