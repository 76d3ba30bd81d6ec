-- Photos of places as drivers see them, in two sizes, each under a name made of its content.

CREATE TABLE location_photo (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    location_id uuid        NOT NULL REFERENCES location,
    nth         integer     NOT NULL,      -- its place among those of the location
    alt         text        NOT NULL CHECK (length(alt) BETWEEN 1 AND 300),
    width       integer     NOT NULL,      -- of the large one
    height      integer     NOT NULL,
    small_name  text        NOT NULL,
    large_name  text        NOT NULL,
    small       bytea       NOT NULL,
    large       bytea       NOT NULL,
    added_by    text        NOT NULL,
    added_at    timestamptz NOT NULL,
    UNIQUE (location_id, large_name)
);
ALTER TABLE location_photo ALTER COLUMN small SET STORAGE EXTERNAL;   -- WebP is packed already
ALTER TABLE location_photo ALTER COLUMN large SET STORAGE EXTERNAL;
CREATE INDEX location_photo_small ON location_photo (small_name);
CREATE INDEX location_photo_large ON location_photo (large_name);
CREATE INDEX location_photo_party ON location_photo (party_id);
SELECT protect('location_photo');

CREATE VIEW location_photo_view WITH (security_invoker = true) AS
    SELECT id, party_id, location_id, nth, alt, width, height, small_name, large_name, added_by,
           added_at
      FROM location_photo;
