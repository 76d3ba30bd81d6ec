-- Plans with a monthly fee and free allowances, who is subscribed to one, and what was used of it.

-- A version of a plan. It never changes; a later version counts for the months that begin after it.
CREATE TABLE plan_version (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    ident        text        NOT NULL CHECK (ident ~ '^[A-Z0-9-]{1,36}$'),
    version      integer     NOT NULL CHECK (version > 0),
    name         text        NOT NULL CHECK (name <> ''),
    fee_minor    bigint      NOT NULL CHECK (fee_minor >= 0),       -- a month, with its tax
    currency     text        NOT NULL,
    vat          numeric     CHECK (vat BETWEEN 0 AND 100),         -- none: by the table of the country
    tariff_ident text,                                              -- the members' own price
    locations    uuid[]      NOT NULL,                              -- none named: everywhere
    energy_kwh   numeric     NOT NULL CHECK (energy_kwh >= 0),      -- free each month
    starts       integer     NOT NULL CHECK (starts >= 0),          -- sessions without start fee
    minutes      integer     NOT NULL CHECK (minutes >= 0),         -- of charging
    credit       numeric     NOT NULL CHECK (credit >= 0),          -- money, with tax
    percent      numeric     NOT NULL CHECK (percent BETWEEN 0 AND 100),
    valid_from   timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    UNIQUE (party_id, ident, version)
);
CREATE TRIGGER plan_version_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON plan_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

-- A plan that takes no subscriber any more.
CREATE TABLE plan_withdrawal (
    party_id uuid        NOT NULL REFERENCES party,
    ident    text        NOT NULL,
    at       timestamptz NOT NULL,
    PRIMARY KEY (party_id, ident)
);

CREATE TABLE subscription (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    plan_ident   text        NOT NULL,
    scope        text        NOT NULL CHECK (scope IN ('driver', 'contract', 'fleet')),
    subscriber   uuid        NOT NULL,
    payer        uuid,                        -- the customer who owes the fee
    zone         text        NOT NULL,        -- whose days its months begin on
    begins       timestamptz NOT NULL,
    ends         timestamptz,
    unpaid_since timestamptz,
    next_fee_at  timestamptz NOT NULL,        -- when the first month begins that nobody was billed for
    created_at   timestamptz NOT NULL,
    CHECK (ends > begins)
);
CREATE INDEX subscription_subscriber ON subscription (subscriber);
CREATE INDEX subscription_plan ON subscription (party_id, plan_ident);
CREATE INDEX subscription_due ON subscription (next_fee_at) WHERE unpaid_since IS NULL;

-- What a session used of a month's allowance, and what was left of it then; of each kind once.
CREATE TABLE subscription_use (
    id              uuid        PRIMARY KEY,
    party_id        uuid        NOT NULL REFERENCES party,
    subscription_id uuid        NOT NULL REFERENCES subscription,
    month_begins    timestamptz NOT NULL,
    session_id      uuid        NOT NULL,
    kind            text        NOT NULL
        CHECK (kind IN ('energy', 'start', 'minutes', 'percent', 'amount')),
    value           numeric     NOT NULL CHECK (value > 0),
    rest            numeric     CHECK (rest >= 0),
    plan_name       text        NOT NULL,
    used_at         timestamptz NOT NULL,
    UNIQUE (session_id, kind)
);
CREATE INDEX subscription_use_month ON subscription_use (subscription_id, month_begins);
CREATE TRIGGER subscription_use_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON subscription_use
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

SELECT protect('plan_version');
SELECT protect('plan_withdrawal');
SELECT protect('subscription');
SELECT protect('subscription_use');

CREATE VIEW plan_view WITH (security_invoker = true) AS
SELECT p.id, p.party_id, p.ident, p.version, p.name, p.fee_minor, p.currency, p.vat, p.tariff_ident,
       p.locations, p.energy_kwh, p.starts, p.minutes, p.credit, p.percent, p.valid_from,
       p.created_at, w.at AS withdrawn_at,
       p.version = max(p.version) OVER (PARTITION BY p.party_id, p.ident) AS newest,
       (SELECT count(*) FROM subscription s
         WHERE s.party_id = p.party_id AND s.plan_ident = p.ident
           AND (s.ends IS NULL OR s.ends > now()))::int AS subscribers
  FROM plan_version p
  LEFT JOIN plan_withdrawal w ON w.party_id = p.party_id AND w.ident = p.ident;
