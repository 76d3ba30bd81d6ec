-- Tariffs: what charging costs, in versions that never change, and where each of them holds.

CREATE TABLE tariff_version (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    tariff_ident text        NOT NULL CHECK (tariff_ident <> ''),   -- the id in the OCPI document
    version      integer     NOT NULL CHECK (version > 0),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    document     text        NOT NULL,      -- the OCPI JSON as given: jsonb would keep other digits
    valid_from   timestamptz NOT NULL,
    valid_until  timestamptz,
    created_at   timestamptz NOT NULL,
    UNIQUE (party_id, tariff_ident, version),
    CHECK (valid_from < valid_until)
);

-- What is charged where, and since when. The latest that has begun holds; none is an end.
CREATE TABLE tariff_assignment (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    scope        text        NOT NULL CHECK (scope IN ('party', 'location', 'station')),
    scope_id     uuid        NOT NULL,
    tariff_ident text,
    since        timestamptz NOT NULL,
    created_at   timestamptz NOT NULL,
    CHECK (scope <> 'party' OR scope_id = party_id)
);
CREATE INDEX tariff_assignment_scope ON tariff_assignment (scope_id, since);

CREATE FUNCTION refuse_change_of_a_tariff() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'A tariff is never changed: add a version, or assign another from a later moment.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER tariff_version_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_version
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();
CREATE TRIGGER tariff_assignment_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON tariff_assignment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

CREATE VIEW tariff_view WITH (security_invoker = true) AS
SELECT id, party_id, tariff_ident, version, currency, document, valid_from, valid_until, created_at,
       version = max(version) OVER (PARTITION BY party_id, tariff_ident) AS newest
  FROM tariff_version;

CREATE VIEW tariff_assignment_view WITH (security_invoker = true) AS
SELECT id, party_id, scope, scope_id, tariff_ident, since, created_at
  FROM tariff_assignment;

SELECT protect('tariff_version');
SELECT protect('tariff_assignment');
