-- The stations of a batch, sixteen bytes each, do not get smaller by a quarter: PostgreSQL tried in vain
-- with every large batch, which was a ninth of its CPU.
ALTER TABLE frame_batch ALTER COLUMN stations SET STORAGE EXTERNAL;
