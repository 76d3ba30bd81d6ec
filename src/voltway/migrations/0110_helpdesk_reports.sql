-- What drivers say is wrong with a bay, with what had happened to them, and what became of it.

CREATE TABLE driver_report (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    key         text        NOT NULL UNIQUE,   -- in the address of its page
    evse_id     uuid        NOT NULL,
    station_id  uuid        NOT NULL,
    payment_id  uuid,                          -- the visit in which it happened, if in one
    kind        text        NOT NULL,
    words       text        NOT NULL,          -- the driver's own; may be empty
    email       text,                          -- to whom the answer goes; asked for nothing else
    locale      text        NOT NULL,
    timeline    jsonb       NOT NULL,          -- what we knew at that moment, frozen
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz,
    seen_by     text,
    answered_at timestamptz,
    answered_by text,
    answer      text,
    CHECK ((answered_at IS NULL) = (answer IS NULL))
);
CREATE INDEX driver_report_open ON driver_report (party_id, created_at) WHERE answered_at IS NULL;
CREATE INDEX driver_report_evse ON driver_report (evse_id, created_at);
SELECT protect('driver_report');

CREATE VIEW driver_report_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.key, r.evse_id, r.station_id, r.payment_id, r.kind, r.words,
           r.email IS NOT NULL AS wants_answer, r.timeline, r.created_at, r.seen_at, r.seen_by,
           r.answered_at, r.answered_by, r.answer, e.public_id, e.number, st.identity,
           st.location_name, st.city, st.time_zone
      FROM driver_report r
      LEFT JOIN evse_all_view e ON e.id = r.evse_id
      LEFT JOIN station_all_view st ON st.id = r.station_id;
