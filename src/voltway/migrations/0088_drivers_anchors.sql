-- Whose contract certificates open stations: the roots of mobility operators (ISO 15118 Plug & Charge).

CREATE TABLE trust_anchor (
    id        uuid        PRIMARY KEY,
    party_id  uuid        NOT NULL REFERENCES party,
    subject   text        NOT NULL,
    sha256    text        NOT NULL,             -- of the certificate, as operators compare it
    pem       text        NOT NULL,
    not_after timestamptz NOT NULL,
    added_by  text        NOT NULL,
    added_at  timestamptz NOT NULL,
    UNIQUE (party_id, sha256)
);
SELECT protect('trust_anchor');

CREATE VIEW trust_anchor_view WITH (security_invoker = true) AS
    SELECT id, party_id, subject, sha256, not_after, added_by, added_at FROM trust_anchor;
