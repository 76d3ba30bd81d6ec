-- Promotion codes: what is taken off, from when to when, and how often.

CREATE TABLE promotion (
    id             uuid        PRIMARY KEY,
    party_id       uuid        NOT NULL REFERENCES party,
    code           text        NOT NULL CHECK (code ~ '^[A-Z0-9-]{3,24}$'),
    kind           text        NOT NULL CHECK (kind IN ('amount', 'percent', 'energy')),
    value          numeric     NOT NULL CHECK (value > 0),  -- major units, percent, kWh
    currency       text        NOT NULL,
    since          timestamptz NOT NULL,
    until          timestamptz,
    uses_max       integer     CHECK (uses_max > 0),
    per_driver_max integer     CHECK (per_driver_max > 0),
    created_at     timestamptz NOT NULL,
    UNIQUE (party_id, code),
    CHECK (since < until),
    CHECK (kind <> 'percent' OR value <= 100)
);

CREATE TRIGGER promotion_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON promotion
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

-- A code that a driver gave: held for one visit, used by its session or let go again.
CREATE TABLE promotion_claim (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    promotion_id uuid        NOT NULL REFERENCES promotion,
    token_uid    text        NOT NULL,
    driver       text,                      -- how we know the driver again, in lower case
    claimed_at   timestamptz NOT NULL,
    session_id   uuid        UNIQUE,
    used_at      timestamptz,
    released_at  timestamptz,
    UNIQUE (party_id, token_uid),
    CHECK ((session_id IS NULL) = (used_at IS NULL)),
    CHECK (used_at IS NULL OR released_at IS NULL)
);
CREATE INDEX promotion_claim_open ON promotion_claim (promotion_id) WHERE released_at IS NULL;

SELECT protect('promotion');
SELECT protect('promotion_claim');

CREATE VIEW promotion_view WITH (security_invoker = true) AS
SELECT p.id, p.party_id, p.code, p.kind, p.value, p.currency, p.since, p.until, p.uses_max,
       p.per_driver_max, p.created_at,
       (SELECT count(*) FROM promotion_claim c
         WHERE c.promotion_id = p.id AND c.used_at IS NOT NULL)::int AS used,
       (SELECT count(*) FROM promotion_claim c
         WHERE c.promotion_id = p.id AND c.used_at IS NULL AND c.released_at IS NULL)::int AS held
  FROM promotion p;
