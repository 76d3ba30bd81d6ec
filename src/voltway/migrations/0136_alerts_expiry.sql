-- Of which certificate operators were told already that it ends soon.
CREATE TABLE expiry_told (
    party_id uuid        NOT NULL REFERENCES party,
    about    text        NOT NULL,              -- root:<id>, contract:<key hash>:<serial>
    days     int         NOT NULL,              -- told when so many days were left at most
    ends_at  timestamptz NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (party_id, about, days)
);
SELECT protect('expiry_told');
