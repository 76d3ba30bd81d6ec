-- Which gateway process holds which station's socket, and how it is known that a gateway died.

-- Numbers sockets in the order in which the database learned of them, whatever processes' clocks
-- say; before, a gateway numbered them by its clock.
CREATE SEQUENCE station_generation AS bigint;
SELECT setval('station_generation', greatest((SELECT max(generation) FROM station), 1));

-- Gateways at work. ``beats`` goes up while one lives; whose beats stand still is taken for dead,
-- and its line is deleted. Who watches compares what they saw with their own clock, so a clock that
-- is wrong, or jumps, kills nobody.
CREATE TABLE gateway (
    id       uuid        PRIMARY KEY,
    name     text        NOT NULL,      -- machine and process, for people
    beats    bigint      NOT NULL DEFAULT 0,
    began_at timestamptz NOT NULL
);

ALTER TABLE station
    ADD COLUMN gateway_id uuid,         -- of the newest socket
    -- What changed a credential, so that gateways learn of all that was committed since they asked.
    ADD COLUMN changed_by xid8 NOT NULL DEFAULT '0';
CREATE INDEX station_gateway ON station (gateway_id) WHERE disconnected_at IS NULL;
DROP INDEX station_changed;
CREATE INDEX station_changed ON station (changed_by);

-- Stations that came to another gateway while this one still held their old socket: it closes it.
CREATE TABLE station_move (
    gateway_id uuid   NOT NULL,
    station_id uuid   NOT NULL,
    generation bigint NOT NULL,         -- of the socket at the new one
    PRIMARY KEY (gateway_id, station_id)
);

-- Sockets from before belong to a process that has ended.
UPDATE station SET disconnected_at = greatest(connected_at, last_heard_at)
 WHERE connected_at IS NOT NULL AND disconnected_at IS NULL;
