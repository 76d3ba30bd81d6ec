-- Where an operator knows better than the table of taxes: a rate for a country, from when to when,
-- with the reason. Never changed: a later one takes its place, none as a rate ends it.

CREATE TABLE tax_override (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    country    text        NOT NULL CHECK (country ~ '^[A-Z]{2,3}$'),
    rate       numeric     CHECK (rate BETWEEN 0 AND 100),
    since      timestamptz NOT NULL,
    until      timestamptz,
    reason     text        NOT NULL CHECK (reason <> ''),
    made_by    text        NOT NULL,
    created_at timestamptz NOT NULL,
    CHECK (since < until)
);
CREATE INDEX tax_override_country ON tax_override (party_id, country, since);

CREATE TRIGGER tax_override_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON tax_override
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

CREATE VIEW tax_override_view WITH (security_invoker = true) AS
SELECT id, party_id, country, rate, since, until, reason, made_by, created_at FROM tax_override;

SELECT protect('tax_override');
