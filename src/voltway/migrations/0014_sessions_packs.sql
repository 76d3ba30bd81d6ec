-- Readings packed: one row for each session (or EVSE, or main meter) and day, when the day is over.
-- See sessions/rules_packing.py and sessions/sweeps_packing.py.

-- Of what, in both tables: a session, an EVSE outside of one, a station's main meter.
CREATE TABLE reading_pack (
    of_id    uuid     NOT NULL,
    party_id uuid     NOT NULL,
    day      date     NOT NULL,            -- on which they were heard
    count    integer  NOT NULL CHECK (count > 0),
    of_kind  smallint NOT NULL,            -- 0 session, 1 EVSE, 2 main meter
    grain_m  smallint NOT NULL DEFAULT 0,  -- minutes between readings after thinning; 0: all
    readings bytea    NOT NULL
) PARTITION BY RANGE (day);
ALTER TABLE reading_pack ALTER COLUMN readings SET STORAGE EXTERNAL;  -- compressed already
CREATE INDEX reading_pack_of ON reading_pack (of_id);
SELECT protect('reading_pack');

-- A day that is being packed: up to which session, and then EVSE, and then station; and how many
-- readings that were. Its partition is dropped when it has as many.
CREATE TABLE reading_day (
    day     date     PRIMARY KEY,
    of_kind smallint NOT NULL DEFAULT 0,
    up_to   uuid     NOT NULL DEFAULT '00000000-0000-0000-0000-000000000000',
    packed  bigint   NOT NULL DEFAULT 0
);

-- The packer walks through a day in this order; most readings are of sessions and not in here.
CREATE INDEX session_reading_idle ON session_reading (evse_id, station_id) WHERE session_id IS NULL;

-- What is packed is compressed, and no SQL can read it: who asks for readings asks the room.
DROP VIEW session_reading_view;
