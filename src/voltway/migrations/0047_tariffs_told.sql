-- Which of two assignments was told first, where one moment has both; and where a party declared
-- that its charging takes the reduced rate that a country has for electricity.

ALTER TABLE tariff_assignment ADD COLUMN told bigint GENERATED ALWAYS AS IDENTITY;
ALTER TABLE tax_override ADD COLUMN told bigint GENERATED ALWAYS AS IDENTITY;

CREATE OR REPLACE VIEW tariff_assignment_view WITH (security_invoker = true) AS
SELECT id, party_id, scope, scope_id, tariff_ident, since, created_at, group_ident, until, told
  FROM tariff_assignment;

-- Never changed: a later one takes its place, one that does not apply ends it.
CREATE TABLE tax_declaration (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    country     text        NOT NULL CHECK (country ~ '^[A-Z]{2}$'),
    applies     boolean     NOT NULL,
    since       timestamptz NOT NULL,
    until       timestamptz,
    legal_basis text        NOT NULL CHECK (legal_basis <> ''),
    made_by     text        NOT NULL,
    created_at  timestamptz NOT NULL,
    told        bigint      GENERATED ALWAYS AS IDENTITY,
    CHECK (since < until)
);
CREATE INDEX tax_declaration_country ON tax_declaration (party_id, country, since);

CREATE TRIGGER tax_declaration_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON tax_declaration
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

CREATE VIEW tax_declaration_view WITH (security_invoker = true) AS
SELECT id, party_id, country, applies, since, until, legal_basis, made_by, created_at
  FROM tax_declaration;

SELECT protect('tax_declaration');
