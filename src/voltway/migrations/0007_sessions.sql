-- Sessions: one use of one EVSE each, what the meter said, when energy flowed, and what fits none.

CREATE TABLE session (
    id                uuid        PRIMARY KEY,
    party_id          uuid        NOT NULL REFERENCES party,
    station_id        uuid        NOT NULL REFERENCES station,
    location_id       uuid        NOT NULL REFERENCES location,
    evse_id           uuid        REFERENCES evse,          -- 2.x may tell it later
    evse_number       integer,
    zone              text        NOT NULL,
    power_w_max       integer     NOT NULL,                 -- what the EVSE can give, at most
    ref               text        NOT NULL,                 -- the station's name for it
    round             integer     NOT NULL DEFAULT 0,       -- stations use names again after a boot
    ref_number        integer     UNIQUE CHECK (ref_number > 0),  -- 1.6: ours, random
    start_key         bytea,                                -- 1.6: the same start is one session
    token_uid         text,
    token_word        text,                                 -- how the token stood at the start
    remote_start_id   bigint,
    tariff_version_id uuid,
    tariff_why        text,                                 -- "shown" or how it was assigned
    started_at        timestamptz NOT NULL,
    started_claimed   timestamptz,
    start_method      text        NOT NULL,
    start_told        boolean     NOT NULL,                 -- false: only its middle or end is known
    begin_wh          bigint,                               -- the register that the start told
    ended_at          timestamptz,
    ended_claimed     timestamptz,
    end_method        text,
    end_kind          text        CHECK (end_kind IN ('provisional', 'inferred', 'told')),
    end_wh            bigint,                               -- the register that the end told
    end_heard_at      timestamptz,
    reason            text,
    state             text        NOT NULL,
    first_wh          bigint,
    last_wh           bigint,
    last_at           timestamptz,
    energy_wh         bigint      NOT NULL DEFAULT 0 CHECK (energy_wh >= 0),
    power_w           integer,
    soc_percent       smallint,
    seen              text        NOT NULL DEFAULT '',      -- sequence numbers of 2.x: 0-5,7-9
    start_seq         integer,
    end_seq           integer,
    claimed_until     timestamptz,                          -- the latest that its messages claim
    doubts            text[]      NOT NULL DEFAULT '{}',    -- from what it told
    judged            text[]      NOT NULL DEFAULT '{}',    -- from reading its registers
    forgotten_since   timestamptz,                          -- the station acts as if it were over
    settle_at         timestamptz,                          -- when a provisional end is told
    told_at           timestamptz,                          -- when its end was announced
    created_at        timestamptz NOT NULL,                 -- first heard of
    heard_at          timestamptz NOT NULL,                 -- last heard of
    UNIQUE (station_id, ref, round),
    CHECK (started_at <= ended_at)
) WITH (fillfactor = 60);
CREATE INDEX session_start_key ON session (station_id, start_key) WHERE start_key IS NOT NULL;
CREATE INDEX session_open ON session (station_id) WHERE told_at IS NULL;
CREATE INDEX session_of_party ON session (party_id, started_at DESC);
CREATE INDEX session_of_token ON session (party_id, token_uid);
CREATE INDEX session_of_evse ON session (evse_id, started_at DESC);
CREATE INDEX session_settles ON session (settle_at) WHERE settle_at IS NOT NULL;
SELECT protect('session');

-- One wide row a reading. Partitioned by the day on which we heard it: late readings never need an
-- old partition, and the rows of a session lie between its created_at and heard_at. Told twice it
-- is kept twice; readings are told apart when a session is read. See Note [Kept twice].
CREATE TABLE session_reading (
    received_at timestamptz NOT NULL,
    at          timestamptz NOT NULL,
    register_wh bigint,
    power_w     integer,
    current_ma  integer,
    voltage_mv  integer,
    soc_percent smallint,
    context     smallint    NOT NULL,     -- place in stations.reports.Context
    party_id    uuid        NOT NULL,
    session_id  uuid,                     -- NULL: outside of a session
    evse_id     uuid,                     -- only where there is no session
    station_id  uuid,                     -- only where there is no session: the main meter
    rest        text
) PARTITION BY RANGE (received_at);
CREATE INDEX session_reading_of ON session_reading (session_id) WHERE session_id IS NOT NULL;
CREATE INDEX session_reading_at ON session_reading USING brin (received_at);
SELECT protect('session_reading');

-- When energy began to flow and ceased.
CREATE TABLE session_state (
    session_id uuid        NOT NULL REFERENCES session,
    party_id   uuid        NOT NULL,
    at         timestamptz NOT NULL,
    charging   boolean     NOT NULL,
    by_vehicle boolean     NOT NULL,
    PRIMARY KEY (session_id, at, charging, by_vehicle)
);
SELECT protect('session_state');

-- What stations told of transactions that we cannot place. Answered all the same, and kept here
-- for a person to look at. Told again, it is counted.
CREATE TABLE orphan (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    station_id  uuid        NOT NULL REFERENCES station,
    kind        text        NOT NULL,     -- ended | metered
    ref         text        NOT NULL,
    claimed_at  timestamptz NOT NULL,     -- 'epoch' where it told no time
    evse_number integer,
    register_wh bigint,
    report      jsonb       NOT NULL,
    told        integer     NOT NULL DEFAULT 1,
    first_at    timestamptz NOT NULL,
    last_at     timestamptz NOT NULL,
    reviewed_at timestamptz,
    UNIQUE (station_id, kind, ref, claimed_at)
);
SELECT protect('orphan');

CREATE VIEW session_view WITH (security_invoker = true) AS
SELECT s.id, s.party_id, s.station_id, s.location_id, s.evse_id, s.evse_number, s.zone, s.ref,
       s.token_uid, s.token_word, s.remote_start_id, s.tariff_version_id, s.tariff_why,
       s.started_at, s.ended_at, s.reason, s.state, s.first_wh, s.last_wh, s.last_at,
       s.energy_wh, s.power_w, s.soc_percent, s.doubts || s.judged AS doubts,
       s.created_at, s.heard_at, s.told_at,
       s.ended_at IS NULL AS running,
       e.public_id, e.connector_type, e.current, e.power_w AS evse_power_w,
       st.identity, st.location_name, st.address, st.city, st.postal_code, st.country
  FROM session s
  LEFT JOIN station_all_view st ON st.id = s.station_id  -- a removed one keeps its name here
  LEFT JOIN evse_all_view e ON e.id = s.evse_id;

-- EVSEs as people see them: 2.x stations say only that a connector is occupied (ConnectorStatusEnumType),
-- and whether energy flows is known from the session, once it is somebody's.
CREATE VIEW port_view WITH (security_invoker = true) AS
SELECT e.*, s.state AS session_state
  FROM evse_view e
  LEFT JOIN LATERAL (SELECT state FROM session
                      WHERE evse_id = e.id AND ended_at IS NULL AND token_uid IS NOT NULL
                      ORDER BY started_at DESC LIMIT 1) s ON true;

CREATE VIEW session_reading_view WITH (security_invoker = true) AS
SELECT r.session_id, r.party_id, r.at, r.register_wh, r.power_w, r.soc_percent
  FROM session_reading r;

CREATE VIEW session_state_view WITH (security_invoker = true) AS
SELECT session_id, party_id, at, charging, by_vehicle FROM session_state;

CREATE VIEW orphan_view WITH (security_invoker = true) AS
SELECT o.id, o.party_id, o.station_id, o.kind, o.ref, o.claimed_at, o.evse_number, o.register_wh,
       o.report, o.told, o.first_at, o.last_at, o.reviewed_at, st.identity
  FROM orphan o
  LEFT JOIN station_all_view st ON st.id = o.station_id;
