-- What keeps drivers from charging at a station or bay, for as long as it does: first only suspected,
-- then told, then over.

CREATE TABLE disruption (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    location_id uuid        NOT NULL,
    station_id  uuid        NOT NULL,
    evse_id     uuid,                          -- one bay; null: all of the station
    kind        text        NOT NULL CHECK (kind IN ('offline', 'faulted', 'starts')),
    is_again    boolean     NOT NULL,          -- it was told and over a short while ago
    began_at    timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,          -- since when it was looked at without a gap
    looked_at   timestamptz NOT NULL,
    well_since  timestamptz,                   -- since when it has looked well again
    told_at     timestamptz,                   -- it has lasted, and is told
    over_at     timestamptz,
    over_why    text        CHECK (over_why IN ('passed', 'well', 'time', 'gone')),
    CHECK ((over_at IS NULL) = (over_why IS NULL))
);
CREATE UNIQUE INDEX disruption_open ON disruption (station_id, coalesce(evse_id, station_id), kind)
    WHERE over_at IS NULL;
CREATE INDEX disruption_at ON disruption (location_id) WHERE told_at IS NOT NULL AND over_at IS NULL;
CREATE INDEX disruption_lately ON disruption (station_id, over_at)
    WHERE over_at IS NOT NULL AND told_at IS NOT NULL;
CREATE INDEX disruption_old ON disruption (over_at) WHERE over_at IS NOT NULL;
SELECT protect('disruption');

CREATE VIEW disruption_view WITH (security_invoker = true) AS
    SELECT id, party_id, location_id, station_id, evse_id, kind, began_at, told_at, over_at, over_why
      FROM disruption WHERE told_at IS NOT NULL;
