-- Stations at the homes of drivers: whose home it is, for which fleet they drive, from when until when.

CREATE TABLE home_station (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    station_id uuid        NOT NULL,
    driver_id  uuid        NOT NULL REFERENCES driver,
    fleet_id   uuid        NOT NULL REFERENCES fleet,
    since      timestamptz NOT NULL,
    until      timestamptz CHECK (until >= since),  -- none: still
    set_by     text        NOT NULL,
    ended_by   text,
    CHECK ((until IS NULL) = (ended_by IS NULL))
);
CREATE UNIQUE INDEX home_station_now ON home_station (station_id) WHERE until IS NULL;
CREATE INDEX home_station_of ON home_station (station_id, since);
SELECT protect('home_station');

CREATE VIEW home_station_view WITH (security_invoker = true) AS
    SELECT h.id, h.party_id, h.station_id, h.driver_id, h.fleet_id, h.since, h.until, h.set_by,
           h.ended_by, d.name AS driver_name, f.name AS fleet_name,
           (SELECT identity FROM station_all_view s WHERE s.id = h.station_id) AS identity,
           (SELECT location_name FROM station_all_view s WHERE s.id = h.station_id) AS location_name
      FROM home_station h
      JOIN driver d ON d.id = h.driver_id
      JOIN fleet f ON f.id = h.fleet_id;
