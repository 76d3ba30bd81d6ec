-- The cellar: who may see which rows, the outbox and its watchers, and what could not be done.
--
-- Two roles, assumed by SET ROLE and never logged in as:
--   voltway_house  the whole house (gateway, watchers, sweeps): no wall, because it serves all;
--   voltway_app    work for one party (a page, an API call): sees that party's rows and no others.
-- The roles themselves belong to the server, not to this database; voltway.runtime.roles makes them.

GRANT USAGE ON SCHEMA public TO voltway_house, voltway_app;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO voltway_house;
ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT USAGE ON SEQUENCES TO voltway_house, voltway_app;

-- The party of this transaction; NULL, so that nothing is seen, when none was named.
CREATE FUNCTION current_party() RETURNS uuid
    LANGUAGE sql STABLE PARALLEL SAFE
    AS $$ SELECT nullif(current_setting('voltway.party', true), '')::uuid $$;

-- Put a table behind the wall. Call it at the end of the migration that makes the table.
-- FORCE is not for us: the owner connects only to migrate, and must reach every row then.
CREATE FUNCTION protect(tablename regclass, owner_column text DEFAULT 'party_id') RETURNS void
    LANGUAGE plpgsql
    AS $$
BEGIN
    EXECUTE format('ALTER TABLE %s ENABLE ROW LEVEL SECURITY', tablename);
    EXECUTE format(
        'CREATE POLICY party ON %s TO voltway_app USING (%I = current_party())'
        ' WITH CHECK (%I = current_party())', tablename, owner_column, owner_column);
    EXECUTE format(
        'CREATE POLICY house ON %s TO voltway_house USING (true) WITH CHECK (true)', tablename);
    EXECUTE format('GRANT SELECT, INSERT, UPDATE, DELETE ON %s TO voltway_app', tablename);
END
$$;

-- Let every party read a table that belongs to none (currencies, time zones).
CREATE FUNCTION share(tablename regclass) RETURNS void
    LANGUAGE plpgsql
    AS $$ BEGIN EXECUTE format('GRANT SELECT ON %s TO voltway_app', tablename); END $$;

-- Make the partition of a day, named <parent>_YYYYMMDD, if it is not there yet. The house may call
-- it at work, though only the owner may make tables.
CREATE FUNCTION ensure_day(parent regclass, day date) RETURNS void
    LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp
    AS $$
DECLARE
    part text := format('%s_%s', parent, to_char(day, 'YYYYMMDD'));
BEGIN
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    PERFORM pg_advisory_xact_lock(hashtext(part));
    IF to_regclass(part) IS NOT NULL THEN RETURN; END IF;
    EXECUTE format(
        'CREATE TABLE %I PARTITION OF %s FOR VALUES FROM (%L) TO (%L)',
        part, parent, day::timestamp AT TIME ZONE 'UTC', (day + 1)::timestamp AT TIME ZONE 'UTC');
END
$$;
REVOKE ALL ON FUNCTION ensure_day(regclass, date) FROM public;
GRANT EXECUTE ON FUNCTION ensure_day(regclass, date) TO voltway_house, voltway_app;

CREATE TABLE outbox (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    xid      xid8        NOT NULL DEFAULT pg_current_xact_id(),
    party_id uuid        NOT NULL,
    subject  text        NOT NULL,
    kind     text        NOT NULL,   -- the class of the fact
    body     text        NOT NULL,   -- the fact, as JSON
    at       timestamptz NOT NULL
);
CREATE INDEX outbox_in_order ON outbox (xid, id);
SELECT protect('outbox');

-- How far each watcher has heard: everything before the window [since, until), and in the window,
-- in the order of id, everything up to last_id. See Note [Nothing is skipped] in runtime/outbox.py.
CREATE TABLE watcher (
    name         text PRIMARY KEY,
    since        xid8   NOT NULL,
    until        xid8   NOT NULL,
    last_id      bigint NOT NULL DEFAULT 0,
    tries        int    NOT NULL DEFAULT 0,
    last_trouble text   NOT NULL DEFAULT ''
);

-- Facts that a watcher could not take after many tries. An operator sees them and may try again.
CREATE TABLE dead_fact (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    watcher  text        NOT NULL,
    fact_id  bigint      NOT NULL,
    party_id uuid        NOT NULL,
    subject  text        NOT NULL,
    kind     text        NOT NULL,
    body     text        NOT NULL,
    at       timestamptz NOT NULL,
    trouble  text        NOT NULL,
    died_at  timestamptz NOT NULL,
    UNIQUE (watcher, fact_id)
);
SELECT protect('dead_fact');
