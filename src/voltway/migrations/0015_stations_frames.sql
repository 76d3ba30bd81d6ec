-- Raw frames in two states: as they came, in a ring of quarters of an hour without any index, and
-- packed when the quarter is over. See stations/frames.py and stations/frames_packing.py.

-- What there is already is one more part of the ring, which is packed like the others.
ALTER TABLE frame_batch RENAME TO frame_batch_before;
DROP INDEX frame_batch_station, frame_batch_at;
REVOKE ALL ON frame_batch_before FROM voltway_app;  -- a part is read through its whole
ALTER TABLE frame_batch_before DROP COLUMN id;
ALTER TABLE frame_batch_before ADD COLUMN slot smallint NOT NULL DEFAULT -1;

-- A row lives in one of the two tables and never in both: the packer takes it from here in the
-- transaction that keeps it there. No index: each would cost every batch, and what is here is
-- little enough to be read through. The slot is the quarter's place in the hour.
CREATE TABLE frame_batch (
    party_id uuid        NOT NULL,         -- of a station that we know: nothing to look up
    at       timestamptz NOT NULL,
    slot     smallint    NOT NULL,
    stations uuid[]      NOT NULL,
    frames   bytea       NOT NULL
) PARTITION BY LIST (slot);
ALTER TABLE frame_batch ALTER COLUMN frames SET STORAGE EXTERNAL;  -- compressed already
ALTER TABLE frame_batch ATTACH PARTITION frame_batch_before FOR VALUES IN (-1);
-- Emptied every hour, so there is nothing to vacuum; a blob of a usual batch stays in its row.
CREATE TABLE frame_batch_0 PARTITION OF frame_batch FOR VALUES IN (0)
    WITH (autovacuum_enabled = false, toast_tuple_target = 8160);
CREATE TABLE frame_batch_1 PARTITION OF frame_batch FOR VALUES IN (1)
    WITH (autovacuum_enabled = false, toast_tuple_target = 8160);
CREATE TABLE frame_batch_2 PARTITION OF frame_batch FOR VALUES IN (2)
    WITH (autovacuum_enabled = false, toast_tuple_target = 8160);
CREATE TABLE frame_batch_3 PARTITION OF frame_batch FOR VALUES IN (3)
    WITH (autovacuum_enabled = false, toast_tuple_target = 8160);
SELECT protect('frame_batch');

-- Packed frames of one party, some hundred in a blob, those of a station side by side. The bucket
-- says which stations: a share of them that is the smaller the more there is to pack.
CREATE TABLE frame_pack (
    party_id uuid        NOT NULL,
    bucket   integer     NOT NULL,
    at       timestamptz NOT NULL,         -- of its newest batch
    stations uuid[]      NOT NULL,
    frames   bytea       NOT NULL
) PARTITION BY RANGE (at);
ALTER TABLE frame_pack ALTER COLUMN frames SET STORAGE EXTERNAL;
CREATE INDEX frame_pack_of ON frame_pack (bucket, at);
SELECT protect('frame_pack');
