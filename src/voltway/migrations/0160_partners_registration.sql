-- Where a platform that registered by itself hears us: an address for each module of OCPI, all of them outside.
ALTER TABLE platform_line
    ADD COLUMN endpoints jsonb NOT NULL DEFAULT '{}';  -- none: typed by hand, all below its address
