-- Which bays tell of a plug before anything is started: only there a driver can be asked to plug in first.

CREATE TABLE plug_told (
    evse_id  uuid        PRIMARY KEY REFERENCES evse,
    party_id uuid        NOT NULL REFERENCES party,
    told     integer     NOT NULL,             -- starts that were ordered while a plug was told of
    missed   integer     NOT NULL DEFAULT 0,   -- drivers refused for want of one since then
    at       timestamptz NOT NULL
);
SELECT protect('plug_told');
