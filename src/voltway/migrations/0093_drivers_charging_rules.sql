-- When and where a token may charge: of a card, a contract, a driver or a fleet. All that are about a
-- token hold at once; without any it may charge always and everywhere.

CREATE TABLE charging_rule (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    scope       text        NOT NULL CHECK (scope IN ('token', 'contract', 'driver', 'fleet')),
    subject_id  uuid        NOT NULL,
    days        int[]       NOT NULL DEFAULT '{}'      -- 1 is Monday; none: every day
                CHECK (days <@ ARRAY[1, 2, 3, 4, 5, 6, 7]),
    opens       time,                                  -- by the clock of the place
    closes      time,                                  -- not after opens: on the day after
    places      uuid[]      NOT NULL DEFAULT '{}',     -- locations; none: everywhere
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL,
    CHECK ((opens IS NULL) = (closes IS NULL)),
    CHECK (days <> '{}' OR places <> '{}' OR opens IS NOT NULL),
    UNIQUE (party_id, scope, subject_id)
);
CREATE INDEX charging_rule_of ON charging_rule (subject_id);
SELECT protect('charging_rule');

CREATE VIEW charging_rule_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.scope, r.subject_id, r.days, r.opens, r.closes, r.places, r.set_by,
           r.set_at,
           CASE r.scope WHEN 'token' THEN (SELECT coalesce(nullif(label, ''), uid) FROM token
                                            WHERE id = r.subject_id)
                        WHEN 'contract' THEN (SELECT ident FROM contract WHERE id = r.subject_id)
                        WHEN 'driver' THEN (SELECT name FROM driver WHERE id = r.subject_id)
                        ELSE (SELECT name FROM fleet WHERE id = r.subject_id) END AS name,
           ARRAY(SELECT l.name FROM location_view l
                  WHERE l.id = ANY(r.places) ORDER BY l.name) AS place_names
      FROM charging_rule r;

-- When a token was turned away last, where and why: its driver reads it.
CREATE TABLE token_turned_away (
    token_id   uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    station_id uuid        NOT NULL,
    word       text        NOT NULL,
    at         timestamptz NOT NULL
);
SELECT protect('token_turned_away');

-- Who reported a token lost, and when: it is blocked, and nobody but an operator lets it in again.
ALTER TABLE token
    ADD COLUMN lost_at timestamptz,
    ADD COLUMN lost_by text,
    ADD CONSTRAINT token_lost CHECK ((lost_at IS NULL) = (lost_by IS NULL));

CREATE OR REPLACE VIEW token_view WITH (security_invoker = true) AS
SELECT id, party_id, uid, kind, label, status, valid_until, tariff_version_id, email, created_at,
       contract_id, bars, lost_at, lost_by
  FROM token;
