-- Sessions whose car stopped taking energy by itself, of which that was told: how much it had taken by then.
CREATE TABLE session_full (
    session_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    energy_wh  bigint      NOT NULL CHECK (energy_wh > 0),
    told_at    timestamptz NOT NULL
);
SELECT protect('session_full');
