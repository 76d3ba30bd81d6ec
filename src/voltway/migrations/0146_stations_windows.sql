-- Planned work: from when until when bays of a place are out of service, and why.

CREATE TABLE maintenance_window (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    location_id uuid        NOT NULL REFERENCES location,
    station_id  uuid        REFERENCES station,   -- one station of the place; null: any
    evse_id     uuid        REFERENCES evse,      -- one bay; null: any
    reason      text        NOT NULL CHECK (reason <> ''),
    starts_at   timestamptz NOT NULL,
    ends_at     timestamptz NOT NULL,
    state       text        NOT NULL CHECK (state IN ('planned', 'running', 'over', 'cancelled')),
    revision    integer     NOT NULL DEFAULT 1,   -- of its times
    told_h      integer     CHECK (told_h IN (48, 2)),  -- the last notice that was given
    made_by     text        NOT NULL,
    made_at     timestamptz NOT NULL,
    changed_by  text        NOT NULL,
    changed_at  timestamptz NOT NULL,
    CHECK (ends_at >= starts_at),
    CHECK (evse_id IS NULL OR station_id IS NOT NULL)
);
CREATE INDEX maintenance_window_ahead ON maintenance_window (starts_at) WHERE state = 'planned';
CREATE INDEX maintenance_window_now ON maintenance_window (ends_at) WHERE state = 'running';
CREATE INDEX maintenance_window_place ON maintenance_window (location_id, ends_at)
    WHERE state IN ('planned', 'running');
CREATE INDEX maintenance_window_party ON maintenance_window (party_id, id);
SELECT protect('maintenance_window');

-- The window that a bay is in now; the rounds set it, so that whoever looks at a bay need not look
-- for windows.
ALTER TABLE evse ADD COLUMN window_id uuid REFERENCES maintenance_window;
CREATE INDEX evse_in_window ON evse (station_id) WHERE window_id IS NOT NULL;

CREATE VIEW maintenance_window_view WITH (security_invoker = true) AS
    SELECT w.id, w.party_id, w.location_id, w.station_id, w.evse_id, w.reason, w.starts_at, w.ends_at,
           w.state, w.revision, w.told_h, w.made_by, w.made_at, w.changed_by, w.changed_at,
           l.name AS location_name, l.time_zone, s.identity, e.public_id, e.number
      FROM maintenance_window w
      JOIN location l ON l.id = w.location_id
      LEFT JOIN station s ON s.id = w.station_id
      LEFT JOIN evse e ON e.id = w.evse_id;

-- A bay in a window is out of service, whatever its station says; a fault and a charge stay seen.
CREATE OR REPLACE VIEW evse_all_view WITH (security_invoker = true) AS
    SELECT e.id, e.party_id, e.station_id, e.number, e.public_id, e.connector_type, e.current,
           e.power_w, e.unplanned, e.status_at, e.error,
           e.status AS reported_status,
           CASE WHEN s.status IN ('faulted', 'unavailable') THEN s.status
                WHEN e.window_id IS NOT NULL
                     AND e.status IN ('available', 'preparing', 'reserved', 'unknown')
                THEN 'unavailable' ELSE e.status END AS status,
           s.connected_at IS NOT NULL AND s.disconnected_at IS NULL AS connected,
           s.identity, s.last_heard_at, s.clock_offset_s,
           l.id AS location_id, l.name AS location_name, l.address, l.city, l.postal_code, l.country,
           l.lat, l.lon, l.time_zone, l.published, s.removed_at, e.window_id
      FROM evse e
      JOIN station s ON s.id = e.station_id
      JOIN location l ON l.id = s.location_id;

CREATE OR REPLACE VIEW evse_view WITH (security_invoker = true) AS
    SELECT * FROM evse_all_view WHERE removed_at IS NULL;

-- 2.x stations say only that a connector is occupied: a car that charges there still charges.
CREATE OR REPLACE VIEW port_view WITH (security_invoker = true) AS
SELECT e.id, e.party_id, e.station_id, e.number, e.public_id, e.connector_type, e.current,
       e.power_w, e.unplanned, e.status_at, e.error, e.reported_status,
       CASE WHEN e.window_id IS NOT NULL AND e.status = 'unavailable' AND s.state IS NOT NULL
            THEN e.reported_status ELSE e.status END AS status,
       e.connected, e.identity, e.last_heard_at, e.clock_offset_s, e.location_id, e.location_name,
       e.address, e.city, e.postal_code, e.country, e.lat, e.lon, e.time_zone, e.published,
       e.removed_at, s.state AS session_state, e.window_id
  FROM evse_view e
  LEFT JOIN LATERAL (SELECT state FROM session
                      WHERE evse_id = e.id AND ended_at IS NULL AND token_uid IS NOT NULL
                      ORDER BY started_at DESC LIMIT 1) s ON true;
