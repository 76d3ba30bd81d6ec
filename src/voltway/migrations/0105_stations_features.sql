-- What a place is like beyond where it is: access, hours, light, what is around, whom to ring.
-- Null is "nobody told us": a filter takes only what was told.

CREATE TABLE location_features (
    location_id      uuid        PRIMARY KEY REFERENCES location,
    party_id         uuid        NOT NULL REFERENCES party,
    step_free        boolean,                 -- from the bay to the screen, without a kerb
    lit              boolean,
    roofed           boolean,
    bay_width_cm     integer     CHECK (bay_width_cm BETWEEN 100 AND 1000),     -- of the widest bay
    screen_height_cm integer     CHECK (screen_height_cm BETWEEN 30 AND 300),  -- its middle
    facilities       text[]      NOT NULL DEFAULT '{}',  -- as in OCPI's Facility, and TOILETS
    hours            jsonb,                   -- {"week": {"1": [[480, 1200]]}, "days": {"2026-12-24": []}}
    hours_words      text        NOT NULL DEFAULT '',    -- the same as a person reads it
    help_phone       text,
    set_by           text        NOT NULL,
    set_at           timestamptz NOT NULL
);
CREATE INDEX location_features_party ON location_features (party_id);
SELECT protect('location_features');

-- Whether a place with these hours is open, by its own clock; null where nobody told the hours.
-- Spans are minutes of the day, [from, to); a day of its own stands over the day of the week.
CREATE FUNCTION is_open(hours jsonb, zone text, at timestamptz) RETURNS boolean
LANGUAGE sql STABLE AS $$
    SELECT CASE WHEN hours IS NULL THEN NULL ELSE EXISTS (
        SELECT 1
          FROM jsonb_array_elements(coalesce(
                   hours -> 'days' -> to_char(at AT TIME ZONE zone, 'YYYY-MM-DD'),
                   hours -> 'week' -> to_char(at AT TIME ZONE zone, 'ID'),
                   '[]')) span
         WHERE extract(hour FROM at AT TIME ZONE zone) * 60
               + extract(minute FROM at AT TIME ZONE zone) >= (span ->> 0)::int
           AND extract(hour FROM at AT TIME ZONE zone) * 60
               + extract(minute FROM at AT TIME ZONE zone) < (span ->> 1)::int
    ) END
$$;

CREATE VIEW location_features_view WITH (security_invoker = true) AS
    SELECT f.location_id, f.party_id, f.step_free, f.lit, f.roofed, f.bay_width_cm,
           f.screen_height_cm, f.facilities, f.hours, f.hours_words, f.help_phone, f.set_by, f.set_at
      FROM location_features f;
