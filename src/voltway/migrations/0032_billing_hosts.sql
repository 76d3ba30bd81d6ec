-- Hosts of places, what was agreed with them, and their share of each session.

-- Who owns the place where stations stand, and has a share of what is charged there.
CREATE TABLE host (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    name        text        NOT NULL CHECK (name <> ''),
    street      text        NOT NULL,
    postal_code text        NOT NULL,
    city        text        NOT NULL,
    country     text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    vat_id      text,
    email       text,
    locale      text        NOT NULL,
    pay_days    integer     NOT NULL CHECK (pay_days BETWEEN 0 AND 120),
    created_at  timestamptz NOT NULL,
    UNIQUE (party_id, name)
);

-- What was agreed with a host for a place, in versions that never change. On a day, the newest
-- version that holds on it counts.
CREATE TABLE host_agreement (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    host_id     uuid        NOT NULL REFERENCES host,
    location_id uuid        NOT NULL,
    version     integer     NOT NULL CHECK (version > 0),
    valid_from  date        NOT NULL,
    valid_until date,                            -- the last day; none: until a newer version
    percent     numeric     NOT NULL CHECK (percent BETWEEN 0 AND 100),
    per_session numeric     NOT NULL CHECK (per_session >= 0),
    per_kwh     numeric     NOT NULL CHECK (per_kwh >= 0),
    per_month   numeric     NOT NULL CHECK (per_month >= 0),
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    vat_rate    numeric     CHECK (vat_rate BETWEEN 0 AND 100),   -- none: no VAT on the host's part
    made_at     timestamptz NOT NULL,
    made_by     text        NOT NULL,
    UNIQUE (host_id, location_id, version),
    CHECK (valid_until >= valid_from)
);
CREATE INDEX host_agreement_place ON host_agreement (party_id, location_id);

-- A host's part of one session, of a correction of it, or of a month: frozen with the agreement.
CREATE TABLE host_share (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    host_id       uuid        NOT NULL REFERENCES host,
    agreement_id  uuid        NOT NULL REFERENCES host_agreement,
    kind          text        NOT NULL CHECK (kind IN ('session', 'correction', 'month')),
    once          text        NOT NULL,          -- what it is for: shared once
    session_id    uuid,
    cdr_id        uuid        REFERENCES cdr,
    corrected_by  uuid        REFERENCES invoice,
    at            timestamptz NOT NULL,          -- when the session ended, or the month did
    revenue_minor bigint      NOT NULL,          -- net
    energy_wh     bigint      NOT NULL,
    percent_minor bigint      NOT NULL,
    session_minor bigint      NOT NULL,
    energy_minor  bigint      NOT NULL,
    month_minor   bigint      NOT NULL,
    amount_minor  bigint      NOT NULL,
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    kept_at       timestamptz NOT NULL,
    UNIQUE (party_id, once),
    CHECK (percent_minor + session_minor + energy_minor + month_minor = amount_minor),
    CHECK ((kind = 'month') = (session_id IS NULL)),
    CHECK ((kind = 'correction') = (corrected_by IS NOT NULL))
);
CREATE INDEX host_share_host ON host_share (host_id, at);
CREATE INDEX host_share_session ON host_share (session_id);

CREATE TRIGGER host_agreement_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON host_agreement
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER host_share_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON host_share
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();

SELECT protect('host');
SELECT protect('host_agreement');
SELECT protect('host_share');

CREATE VIEW host_view WITH (security_invoker = true) AS
    SELECT h.id, h.party_id, h.name, h.street, h.postal_code, h.city, h.country, h.vat_id, h.email,
           h.locale, h.pay_days, h.created_at,
           (SELECT count(DISTINCT a.location_id) FROM host_agreement a
             WHERE a.host_id = h.id)::int AS places
      FROM host h;

CREATE VIEW host_agreement_view WITH (security_invoker = true) AS
    SELECT id, party_id, host_id, location_id, version, valid_from, valid_until, percent,
           per_session, per_kwh, per_month, currency, vat_rate, made_at, made_by
      FROM host_agreement;

CREATE VIEW host_share_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.host_id, s.agreement_id, s.kind, s.session_id, s.corrected_by, s.at,
           s.revenue_minor, s.energy_wh, s.percent_minor, s.session_minor, s.energy_minor,
           s.month_minor, s.amount_minor, s.currency, s.kept_at, NULL::uuid AS settled_by
      FROM host_share s;
