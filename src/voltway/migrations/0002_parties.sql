-- Parties: who operates, who works there, and what they did.

CREATE TABLE party (
    id                 uuid        PRIMARY KEY,
    country_code       text        NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    ident              text        NOT NULL CHECK (ident ~ '^[A-Z0-9]{3}$'),
    name               text        NOT NULL CHECK (name <> ''),
    legal_name         text        NOT NULL,
    vat_id             text,
    address            jsonb       NOT NULL DEFAULT '{}',
    currency           text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    time_zone          text        NOT NULL,
    locale             text        NOT NULL DEFAULT 'en',
    hold_minor         bigint      NOT NULL DEFAULT 5000 CHECK (hold_minor > 0),
    no_charge_below_wh int         NOT NULL DEFAULT 100 CHECK (no_charge_below_wh >= 0),
    created_at         timestamptz NOT NULL,
    UNIQUE (country_code, ident)
);

CREATE TABLE operator (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    email         text        NOT NULL,
    name          text        NOT NULL,
    role          text        NOT NULL CHECK (role IN ('owner', 'operator', 'support', 'viewer')),
    password_hash text        NOT NULL,          -- argon2id with its parameters and salt
    active        boolean     NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL
);
CREATE UNIQUE INDEX operator_email ON operator (lower(email));

CREATE TABLE sign_in (
    token_hash  bytea       PRIMARY KEY,         -- the token itself is only in the cookie
    party_id    uuid        NOT NULL REFERENCES party,
    operator_id uuid        NOT NULL REFERENCES operator,
    created_at  timestamptz NOT NULL,
    seen_at     timestamptz NOT NULL,
    expires_at  timestamptz NOT NULL
);
CREATE INDEX sign_in_operator ON sign_in (operator_id);

CREATE TABLE api_key (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    name         text        NOT NULL CHECK (name <> ''),
    role         text        NOT NULL CHECK (role IN ('owner', 'operator', 'support', 'viewer')),
    secret_hash  bytea       NOT NULL,
    created_at   timestamptz NOT NULL,
    last_used_at timestamptz,
    expires_at   timestamptz,
    revoked_at   timestamptz
);

CREATE TABLE audit_entry (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    at         timestamptz NOT NULL,
    actor_kind text        NOT NULL,
    actor_id   uuid,
    actor_name text        NOT NULL,
    did        text        NOT NULL,
    on_what    text        NOT NULL,
    detail     jsonb       NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_entry_recent ON audit_entry (party_id, at DESC);

CREATE FUNCTION audit_entry_stays() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'what was done stays written: audit_entry is append-only';
END $$;
CREATE TRIGGER audit_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
    FOR EACH STATEMENT EXECUTE FUNCTION audit_entry_stays();

-- The one secret that lets the first owner in. Of no party: only the house itself may see it.
CREATE TABLE first_run (
    only_one    boolean     PRIMARY KEY DEFAULT true CHECK (only_one),
    secret_hash bytea       NOT NULL,
    made_at     timestamptz NOT NULL
);

CREATE VIEW party_view WITH (security_invoker = true) AS
SELECT id, id AS party_id, country_code, ident, name, legal_name, vat_id, address, currency,
       time_zone, locale, hold_minor, no_charge_below_wh, created_at
  FROM party;

CREATE VIEW operator_view WITH (security_invoker = true) AS
SELECT id, party_id, email, name, role, active, created_at
  FROM operator;

CREATE VIEW audit_view WITH (security_invoker = true) AS
SELECT id, party_id, at, actor_kind, actor_id, actor_name, did, on_what, detail
  FROM audit_entry;

SELECT protect('party', 'id');
SELECT protect('operator');
SELECT protect('sign_in');
SELECT protect('api_key');
SELECT protect('audit_entry');
