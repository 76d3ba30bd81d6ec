-- A third size of a photo, for lists. Photos that were brought before show their small one there.

ALTER TABLE location_photo ADD COLUMN tiny bytea, ADD COLUMN tiny_name text;
ALTER TABLE location_photo ALTER COLUMN tiny SET STORAGE EXTERNAL;
ALTER TABLE location_photo ADD CONSTRAINT tiny_has_a_name CHECK ((tiny IS NULL) = (tiny_name IS NULL));
CREATE INDEX location_photo_tiny ON location_photo (tiny_name);

CREATE OR REPLACE VIEW location_photo_view WITH (security_invoker = true) AS
    SELECT id, party_id, location_id, nth, alt, width, height, small_name, large_name, added_by,
           added_at, coalesce(tiny_name, small_name) AS tiny_name
      FROM location_photo;
