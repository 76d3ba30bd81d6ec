-- Parts of tables go as a whole, never row by row: the house may drop or empty one at work, though
-- only the owner may otherwise. Neither waits longer than a moment for whoever reads the part (a
-- dump may read for hours, and all that is written would queue behind us): then it says so, and
-- the next round tries again.

-- Make the partition of a month, named <parent>_YYYYMM, if it is not there yet.
CREATE FUNCTION ensure_month(parent regclass, day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    part  text := format('%s_%s', parent, to_char(day, 'YYYYMM'));
    first date := date_trunc('month', day::timestamp);
BEGIN
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext(part));
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
        part, parent, first, (first + interval '1 month')::date);
END
$$;
REVOKE ALL ON FUNCTION ensure_month(regclass, date) FROM public;
GRANT EXECUTE ON FUNCTION ensure_month(regclass, date) TO voltway_house, voltway_app;

-- The parts of a table, the oldest first.
CREATE FUNCTION parts_of(parent regclass) RETURNS SETOF text
    LANGUAGE sql STABLE SET search_path = public, pg_temp
    AS $$
        SELECT c.relname::text
          FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid
         WHERE i.inhparent = parent
         ORDER BY 1
    $$;

-- Drop a part, if it has exactly so many rows (NULL: whatever it has). Whether it was dropped.
-- The lock that it is counted under keeps writers out until it is gone.
CREATE FUNCTION drop_part(part regclass, counted bigint) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms'
    AS $$
DECLARE
    found bigint;
BEGIN
    IF NOT (SELECT relispartition FROM pg_class WHERE oid = part) THEN
        RAISE EXCEPTION '% is no part of a table', part;
    END IF;
    EXECUTE format('LOCK TABLE %s IN SHARE MODE', part);
    IF counted IS NOT NULL THEN
        EXECUTE format('SELECT count(*) FROM %s', part) INTO found;
        IF found <> counted THEN RETURN false; END IF;
    END IF;
    EXECUTE format('DROP TABLE %s', part);
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
END
$$;
REVOKE ALL ON FUNCTION drop_part(regclass, bigint) FROM public;
GRANT EXECUTE ON FUNCTION drop_part(regclass, bigint) TO voltway_house;

-- Give the room of a part back, if no row is left in it. Whether there was room to give back.
CREATE FUNCTION empty_part(part regclass) RETURNS boolean
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp SET lock_timeout = '200ms'
    AS $$
DECLARE
    occupied boolean;
BEGIN
    IF NOT (SELECT relispartition FROM pg_class WHERE oid = part) THEN
        RAISE EXCEPTION '% is no part of a table', part;
    END IF;
    IF pg_relation_size(part) = 0 THEN RETURN false; END IF;
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part) INTO occupied;
    IF occupied THEN RETURN false; END IF;
    EXECUTE format('LOCK TABLE %s IN ACCESS EXCLUSIVE MODE', part);
    EXECUTE format('SELECT EXISTS (SELECT FROM %s)', part) INTO occupied;
    IF occupied THEN RETURN false; END IF;
    EXECUTE format('TRUNCATE TABLE %s', part);
    RETURN true;
EXCEPTION WHEN lock_not_available OR deadlock_detected THEN
    RETURN false;
END
$$;
REVOKE ALL ON FUNCTION empty_part(regclass) FROM public;
GRANT EXECUTE ON FUNCTION empty_part(regclass) TO voltway_house;
