-- Stations that show a code of their own, which changes: a plain code there begins no payment.

CREATE TABLE web_code (
    station_id uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    secret     text        NOT NULL CHECK (length(secret) >= 16),
    valid_s    int         NOT NULL CHECK (valid_s BETWEEN 10 AND 3600),
    set_by     text        NOT NULL,
    set_at     timestamptz NOT NULL
);
SELECT protect('web_code');
