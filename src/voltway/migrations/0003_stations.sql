-- Where stations stand, what they are, what they told lately, what we asked of them.

CREATE TABLE location (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    name        text        NOT NULL CHECK (name <> ''),
    address     text        NOT NULL,
    city        text        NOT NULL,
    postal_code text,
    country     text        NOT NULL CHECK (country ~ '^[A-Z]{2,3}$'),  -- ISO 3166-1
    lat         double precision NOT NULL CHECK (lat BETWEEN -90 AND 90),
    lon         double precision NOT NULL CHECK (lon BETWEEN -180 AND 180),
    time_zone   text        NOT NULL,
    published   boolean     NOT NULL DEFAULT true,
    created_at  timestamptz NOT NULL
);
CREATE INDEX location_party ON location (party_id, name);
SELECT protect('location');

CREATE TABLE station (
    id                 uuid        PRIMARY KEY,
    party_id           uuid        NOT NULL REFERENCES party,
    location_id        uuid        NOT NULL REFERENCES location,
    identity           text        NOT NULL UNIQUE,     -- in the URL; never shown to drivers
    key_hash           bytea       NOT NULL,            -- salt and digest, see stations/keys.py
    next_key_hash      bytea,                           -- waits for the station's return with it
    assume_subprotocol text,                            -- for a station that names none
    pin_subprotocol    text,                            -- the only one to speak with it
    vendor             text,
    model              text,
    serial             text,
    firmware           text,
    ocpp_version       text,                            -- of the newest socket
    source             text,                            -- address of the newest socket
    generation         bigint      NOT NULL DEFAULT 0,  -- of the newest socket
    connected_at       timestamptz,
    disconnected_at    timestamptz,
    takeovers          bigint      NOT NULL DEFAULT 0,
    last_heard_at      timestamptz,
    booted_at          timestamptz,
    boot_reason        text,
    status             text        NOT NULL DEFAULT 'unknown',  -- of the station as a whole
    status_at          timestamptz,
    status_claimed_at  timestamptz,
    error              text,
    clock_offset_s     integer     NOT NULL DEFAULT 0,  -- to be added to what the station claims
    clock_guess_s      integer     NOT NULL DEFAULT 0,
    clock_agreed       integer     NOT NULL DEFAULT 0,
    created_at         timestamptz NOT NULL,
    changed_at         timestamptz NOT NULL,            -- of what the gateway must know
    removed_at         timestamptz,
    CHECK (disconnected_at IS NULL OR connected_at IS NOT NULL)
) WITH (fillfactor = 70);
CREATE INDEX station_party ON station (party_id);
CREATE INDEX station_location ON station (location_id);
CREATE INDEX station_changed ON station (changed_at);
SELECT protect('station');

CREATE TABLE evse (
    id                uuid        PRIMARY KEY,
    party_id          uuid        NOT NULL REFERENCES party,
    station_id        uuid        NOT NULL REFERENCES station,
    number            integer     NOT NULL CHECK (number > 0),  -- in OCPP; a connector of 1.6
    public_id         text        NOT NULL UNIQUE,
    connector_type    text        NOT NULL,             -- as in OCPI: IEC_62196_T2, ...
    current           text        NOT NULL CHECK (current IN ('AC', 'DC')),
    power_w           integer     NOT NULL CHECK (power_w > 0),
    unplanned         boolean     NOT NULL DEFAULT false,  -- the station told of it, nobody added it
    status            text        NOT NULL DEFAULT 'unknown',
    status_at         timestamptz,
    status_claimed_at timestamptz,
    error             text,
    created_at        timestamptz NOT NULL,
    UNIQUE (station_id, number)
) WITH (fillfactor = 70);
CREATE INDEX evse_party ON evse (party_id);
SELECT protect('evse');

-- What knocked and was not let in. It belongs to no party yet, so no wall can stand around it: the
-- rooms above show it to those who may edit the network.
CREATE TABLE lobby_entry (
    id           uuid        PRIMARY KEY,
    identity     text        NOT NULL,
    reason       text        NOT NULL,
    station_id   uuid        REFERENCES station,  -- where the identity is one of ours
    subprotocols text        NOT NULL DEFAULT '',
    credentials  text        NOT NULL DEFAULT '', -- the kind, never the secret
    key_hash     bytea,                           -- of the key it showed, if that is strong enough
    source       text        NOT NULL DEFAULT '',
    contested    boolean     NOT NULL DEFAULT false, -- knocked from two places: whose key is it?
    agent        text        NOT NULL DEFAULT '',
    tries        bigint      NOT NULL DEFAULT 1,
    first_at     timestamptz NOT NULL,
    last_at      timestamptz NOT NULL,
    UNIQUE (identity, reason)
);
SELECT share('lobby_entry');
GRANT UPDATE, DELETE ON lobby_entry TO voltway_app;

CREATE TABLE station_order (
    id              uuid        PRIMARY KEY,
    number          bigint      GENERATED ALWAYS AS IDENTITY,  -- in the order of placing
    party_id        uuid        NOT NULL REFERENCES party,
    station_id      uuid        NOT NULL REFERENCES station,
    kind            text        NOT NULL,
    body            jsonb       NOT NULL,
    placed_by       text        NOT NULL,
    urgency         integer     NOT NULL,             -- the lower goes first
    state           text        NOT NULL,
    placed_at       timestamptz NOT NULL,
    expires_at      timestamptz NOT NULL,             -- not sent later than this
    sent_at         timestamptz,
    answer_by       timestamptz,
    answered_at     timestamptz,
    answered        text,
    word            text,                             -- the station's own word
    answer          text,                             -- its whole answer, JSON
    effect_by       timestamptz,
    ended_at        timestamptz,
    why             text,                             -- a sentence, where it did not take effect
    evse            integer,
    ref             text,
    token           text,
    remote_start_id bigint,
    session_id      uuid,                             -- of the session that it started or stopped
    reads_back      uuid        REFERENCES station_order,
    history         jsonb       NOT NULL DEFAULT '[]'
);
CREATE INDEX station_order_of ON station_order (station_id, number);
CREATE INDEX station_order_queued ON station_order (station_id, urgency, number) WHERE state = 'queued';
CREATE INDEX station_order_open ON station_order (station_id) WHERE state IN ('sent', 'answered');
CREATE INDEX station_order_party ON station_order (party_id, id);
SELECT protect('station_order');

CREATE TABLE station_variable (
    station_id uuid        NOT NULL REFERENCES station,
    evse       integer     NOT NULL DEFAULT 0,
    component  text        NOT NULL DEFAULT '',        -- 1.6 has keys only
    instance   text        NOT NULL DEFAULT '',
    name       text        NOT NULL,
    attribute  text        NOT NULL DEFAULT 'Actual',
    party_id   uuid        NOT NULL REFERENCES party,
    value      text,
    mutability text,
    told_at    timestamptz NOT NULL,
    PRIMARY KEY (station_id, evse, component, instance, name, attribute)
);
SELECT protect('station_variable');

-- Monitored variables, vendor data, security events: appended only.
CREATE TABLE station_event (
    id         bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    station_id uuid        NOT NULL REFERENCES station,
    at         timestamptz NOT NULL,
    kind       text        NOT NULL,
    body       jsonb       NOT NULL
);
CREATE INDEX station_event_of ON station_event (station_id, id);
SELECT protect('station_event');

-- What a station does against the standard and was understood all the same.
CREATE TABLE deviation (
    station_id uuid        NOT NULL REFERENCES station,
    kind       text        NOT NULL,
    path       text        NOT NULL,
    party_id   uuid        NOT NULL REFERENCES party,
    count      bigint      NOT NULL,
    first_at   timestamptz NOT NULL,
    last_at    timestamptz NOT NULL,
    sample     text        NOT NULL,
    PRIMARY KEY (station_id, kind, path)
);
SELECT protect('deviation');

-- Raw frames of both directions, one blob a commit and party. See stations/frames.py.
CREATE TABLE frame_batch (
    id       bigint      GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    party_id uuid        NOT NULL REFERENCES party,
    at       timestamptz NOT NULL,
    stations uuid[]      NOT NULL,
    frames   bytea       NOT NULL
);
ALTER TABLE frame_batch ALTER COLUMN frames SET STORAGE EXTERNAL;  -- compressed already
CREATE INDEX frame_batch_station ON frame_batch USING gin (stations);
CREATE INDEX frame_batch_at ON frame_batch USING brin (at);
SELECT protect('frame_batch');

-- Frames whose effect could not be kept: raw, for a person to look at.
CREATE TABLE frame_review (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    station_id  uuid        NOT NULL REFERENCES station,
    at          timestamptz NOT NULL,
    action      text        NOT NULL,
    frame       bytea       NOT NULL,
    why         text        NOT NULL,
    reviewed_at timestamptz
);
CREATE INDEX frame_review_station ON frame_review (station_id, id);
SELECT protect('frame_review');

-- EVSEs and stations of all times, also those that were removed: what is past keeps its place.
CREATE VIEW evse_all_view WITH (security_invoker = true) AS
    SELECT e.id, e.party_id, e.station_id, e.number, e.public_id, e.connector_type, e.current,
           e.power_w, e.unplanned, e.status_at, e.error,
           e.status AS reported_status,
           CASE WHEN s.status IN ('faulted', 'unavailable') THEN s.status ELSE e.status END AS status,
           s.connected_at IS NOT NULL AND s.disconnected_at IS NULL AS connected,
           s.identity, s.last_heard_at, s.clock_offset_s,
           l.id AS location_id, l.name AS location_name, l.address, l.city, l.postal_code, l.country,
           l.lat, l.lon, l.time_zone, l.published, s.removed_at
      FROM evse e
      JOIN station s ON s.id = e.station_id
      JOIN location l ON l.id = s.location_id;

CREATE VIEW evse_view WITH (security_invoker = true) AS
    SELECT * FROM evse_all_view WHERE removed_at IS NULL;

CREATE VIEW station_all_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.location_id, s.identity, s.vendor, s.model, s.serial, s.firmware,
           s.ocpp_version, s.source, s.connected_at, s.disconnected_at, s.last_heard_at,
           s.booted_at, s.boot_reason, s.status, s.status_at, s.error, s.takeovers,
           s.clock_offset_s, s.pin_subprotocol, s.assume_subprotocol, s.created_at,
           s.next_key_hash IS NOT NULL AS key_changes,
           s.connected_at IS NOT NULL AND s.disconnected_at IS NULL AS connected,
           l.name AS location_name, l.address, l.city, l.postal_code, l.country,
           l.lat, l.lon, l.time_zone,
           (SELECT count(*) FROM evse e WHERE e.station_id = s.id)::int AS evses,
           (SELECT count(*) FROM deviation d WHERE d.station_id = s.id)::int AS deviations,
           s.removed_at
      FROM station s
      JOIN location l ON l.id = s.location_id;

CREATE VIEW station_view WITH (security_invoker = true) AS
    SELECT * FROM station_all_view WHERE removed_at IS NULL;

CREATE VIEW location_view WITH (security_invoker = true) AS
    SELECT l.id, l.party_id, l.name, l.address, l.city, l.postal_code, l.country, l.lat, l.lon,
           l.time_zone, l.published, l.created_at,
           coalesce(v.stations, 0)::int AS stations, coalesce(v.evses, 0)::int AS evses,
           coalesce(v.available, 0)::int AS available,
           coalesce(v.power_w_max, 0)::int AS power_w_max
      FROM location l
      LEFT JOIN (SELECT location_id, count(DISTINCT station_id) AS stations, count(*) AS evses,
                        count(*) FILTER (WHERE connected AND status = 'available') AS available,
                        max(power_w) AS power_w_max
                   FROM evse_view GROUP BY location_id) v ON v.location_id = l.id;

CREATE VIEW order_view WITH (security_invoker = true) AS
    SELECT o.id, o.number, o.party_id, o.station_id, s.identity, o.kind, o.body, o.placed_by, o.state,
           o.placed_at, o.expires_at, o.sent_at, o.answered_at, o.answered, o.word, o.answer,
           o.effect_by, o.ended_at, o.why, o.evse, o.ref, o.session_id, o.reads_back, o.history
      FROM station_order o
      JOIN station s ON s.id = o.station_id;

CREATE VIEW deviation_view WITH (security_invoker = true) AS
    SELECT d.station_id, d.party_id, d.kind, d.path, d.count, d.first_at, d.last_at, d.sample,
           s.identity, s.vendor, s.model, s.firmware
      FROM deviation d
      JOIN station s ON s.id = d.station_id;

CREATE VIEW lobby_view WITH (security_invoker = true) AS
    SELECT id, identity, reason, station_id, subprotocols, credentials,
           key_hash IS NOT NULL AS key_usable, source, agent, tries, first_at, last_at
      FROM lobby_entry;

CREATE VIEW frame_review_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.station_id, s.identity, r.at, r.action,
           encode(substr(r.frame, 1, 4096), 'escape') AS frame, r.why, r.reviewed_at
      FROM frame_review r
      JOIN station s ON s.id = r.station_id;

-- What a station told of its configuration; a password is never shown, whoever told it.
CREATE VIEW variable_view WITH (security_invoker = true) AS
    SELECT v.station_id, v.party_id, v.evse, v.component, v.instance, v.name, v.attribute,
           CASE WHEN v.name ~* 'password|authorizationkey' THEN NULL ELSE v.value END AS value,
           v.mutability, v.told_at
      FROM station_variable v;
