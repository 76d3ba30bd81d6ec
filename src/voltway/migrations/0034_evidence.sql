-- Signed meter data: the keys of meters, what stations sent of each session, what was found of it,
-- and which parties bill from nothing else.

-- A key is never changed or deleted: another takes its place at a moment.
CREATE TABLE meter_key (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    station_id  uuid        NOT NULL REFERENCES station,
    evse_number integer     CHECK (evse_number > 0),     -- NULL: for each EVSE of the station
    meter       text        NOT NULL DEFAULT '',         -- its serial number, where it is known
    curve       text,
    point       bytea       NOT NULL,                    -- SEC 1 §2.3.3
    source      text        NOT NULL CHECK (source IN ('operator', 'register')),
    holds_from  timestamptz NOT NULL,
    holds_until timestamptz,
    added_at    timestamptz NOT NULL,
    added_by    text        NOT NULL,
    ended_by    text,
    CHECK (holds_from <= holds_until)
);
CREATE UNIQUE INDEX meter_key_now ON meter_key (station_id, coalesce(evse_number, 0))
    WHERE holds_until IS NULL;
CREATE INDEX meter_key_of ON meter_key (station_id, holds_from);
CREATE INDEX meter_key_party ON meter_key (party_id, added_at);
SELECT protect('meter_key');

CREATE FUNCTION meter_key_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'UPDATE' OR OLD.holds_until IS NOT NULL
       OR (OLD.id, OLD.party_id, OLD.station_id, OLD.point, OLD.holds_from)
          IS DISTINCT FROM (NEW.id, NEW.party_id, NEW.station_id, NEW.point, NEW.holds_from) THEN
        RAISE EXCEPTION 'A key of a meter stays as it was: let another take its place.'
            USING ERRCODE = 'restrict_violation';
    END IF;
    RETURN NEW;
END $$;
CREATE TRIGGER meter_key_stays BEFORE UPDATE OR DELETE ON meter_key
    FOR EACH ROW EXECUTE FUNCTION meter_key_stays();

-- What the meter of a session signed, byte for byte as the station sent it, and what was found.
CREATE TABLE signed_session (
    session_id    uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    pieces        bytea       NOT NULL,                  -- JSON: [[record, key that it named], …]
    is_cut        boolean     NOT NULL,                  -- there was more than a session can have
    verdict       text        NOT NULL,
    flaws         text[]      NOT NULL,
    format        text,
    records       integer     NOT NULL,
    sha256        text        NOT NULL,
    meter         text        NOT NULL,
    begins        timestamptz,
    ends          timestamptz,
    begin_wh      numeric,
    end_wh        numeric,
    energy_wh     numeric,
    resolution_wh numeric,
    clock         text,
    key_id        uuid        REFERENCES meter_key,
    checked_at    timestamptz NOT NULL
);
CREATE INDEX signed_session_checked ON signed_session (checked_at);
SELECT protect('signed_session');

-- Where the law, or the party itself, lets nobody be billed without valid signed data.
CREATE TABLE signed_rule (
    party_id uuid        PRIMARY KEY REFERENCES party,
    demanded boolean     NOT NULL,
    since    timestamptz NOT NULL,
    set_by   text        NOT NULL
);
SELECT protect('signed_rule');

CREATE VIEW meter_key_view WITH (security_invoker = true) AS
SELECT k.id, k.party_id, k.station_id, k.evse_number, k.meter, k.curve, k.point, k.source,
       k.holds_from, k.holds_until, k.added_at, k.added_by, k.ended_by, s.identity,
       s.location_name
  FROM meter_key k
  LEFT JOIN station_all_view s ON s.id = k.station_id;

CREATE VIEW signed_session_view WITH (security_invoker = true) AS
SELECT session_id, party_id, verdict, flaws, format, records, sha256, meter, begins, ends, begin_wh,
       end_wh, energy_wh, resolution_wh, clock, key_id, checked_at
  FROM signed_session;
