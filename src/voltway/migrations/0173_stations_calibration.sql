-- Until when the meter of a bay may be used for bills by law (in Germany the Eichfrist).

ALTER TABLE evse
    ADD COLUMN meter_valid_until date,  -- the last day, by the clock of the place
    ADD COLUMN meter_note text NOT NULL DEFAULT '',  -- the mark on it, the number of its papers
    ADD CONSTRAINT evse_meter_note CHECK (meter_note = '' OR meter_valid_until IS NOT NULL);

CREATE INDEX evse_meter_ends ON evse (meter_valid_until) WHERE meter_valid_until IS NOT NULL;

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
           l.lat, l.lon, l.time_zone, l.published, s.removed_at, e.window_id,
           e.meter_valid_until, e.meter_note
      FROM evse e
      JOIN station s ON s.id = e.station_id
      JOIN location l ON l.id = s.location_id;

CREATE OR REPLACE VIEW evse_view WITH (security_invoker = true) AS
    SELECT * FROM evse_all_view WHERE removed_at IS NULL;

CREATE OR REPLACE VIEW port_view WITH (security_invoker = true) AS
SELECT e.id, e.party_id, e.station_id, e.number, e.public_id, e.connector_type, e.current,
       e.power_w, e.unplanned, e.status_at, e.error, e.reported_status,
       CASE WHEN e.window_id IS NOT NULL AND e.status = 'unavailable' AND s.state IS NOT NULL
            THEN e.reported_status ELSE e.status END AS status,
       e.connected, e.identity, e.last_heard_at, e.clock_offset_s, e.location_id, e.location_name,
       e.address, e.city, e.postal_code, e.country, e.lat, e.lon, e.time_zone, e.published,
       e.removed_at, s.state AS session_state, e.window_id, e.meter_valid_until
  FROM evse_view e
  LEFT JOIN LATERAL (SELECT state FROM session
                      WHERE evse_id = e.id AND ended_at IS NULL AND token_uid IS NOT NULL
                      ORDER BY started_at DESC LIMIT 1) s ON true;
