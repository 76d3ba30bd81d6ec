-- Planned work tells stations too: which bays were asked to be inoperative for it, and asked back.

ALTER TABLE maintenance_window
    ADD COLUMN closes_bays boolean NOT NULL DEFAULT true,  -- false: drivers charge there meanwhile
    ADD COLUMN back_by timestamptz;  -- over, and its end is told once its bays are back, or by then

CREATE INDEX maintenance_window_back ON maintenance_window (back_by) WHERE back_by IS NOT NULL;

-- One for each bay that a window closes, from its beginning until the bay is open again.
CREATE TABLE bay_closing (
    evse_id  uuid        PRIMARY KEY REFERENCES evse,
    party_id uuid        NOT NULL REFERENCES party,
    state    text        NOT NULL CHECK (state IN ('shut', 'opening')),
    was_out  boolean     NOT NULL,                  -- by hand, before: it stays so afterwards
    order_id uuid        REFERENCES station_order,  -- the last that was asked of the station for it
    tries    integer     NOT NULL DEFAULT 0,        -- how often that was asked
    since    timestamptz NOT NULL
);
SELECT protect('bay_closing');

CREATE OR REPLACE VIEW maintenance_window_view WITH (security_invoker = true) AS
    SELECT w.id, w.party_id, w.location_id, w.station_id, w.evse_id, w.reason, w.starts_at, w.ends_at,
           w.state, w.revision, w.told_h, w.made_by, w.made_at, w.changed_by, w.changed_at,
           l.name AS location_name, l.time_zone, s.identity, e.public_id, e.number, w.closes_bays
      FROM maintenance_window w
      JOIN location l ON l.id = w.location_id
      LEFT JOIN station s ON s.id = w.station_id
      LEFT JOIN evse e ON e.id = w.evse_id;
