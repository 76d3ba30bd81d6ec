-- Tariffs assigned to drivers, contracts, fleets and EVSEs too, alone or in groups, for a time.

ALTER TABLE tariff_assignment DROP CONSTRAINT tariff_assignment_scope_check;
ALTER TABLE tariff_assignment ADD CONSTRAINT tariff_assignment_scope_known CHECK
    (scope IN ('driver', 'contract', 'fleet', 'evse', 'station', 'location', 'party'));
ALTER TABLE tariff_assignment ADD COLUMN group_ident text;
ALTER TABLE tariff_assignment ADD COLUMN until timestamptz;
ALTER TABLE tariff_assignment ADD CONSTRAINT tariff_assignment_of_one
    CHECK (group_ident IS NULL OR tariff_ident IS NULL);
ALTER TABLE tariff_assignment ADD CONSTRAINT tariff_assignment_lasts CHECK (since < until);

-- A set of tariffs that is assigned as one, in versions that never change. Of its members the
-- first counts that fits the driver and the moment.
CREATE TABLE tariff_group_version (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    group_ident text        NOT NULL CHECK (group_ident <> ''),
    version     integer     NOT NULL CHECK (version > 0),
    members     jsonb       NOT NULL,
    valid_from  timestamptz NOT NULL,
    created_at  timestamptz NOT NULL,
    UNIQUE (party_id, group_ident, version)
);

CREATE TRIGGER tariff_group_version_stays BEFORE UPDATE OR DELETE OR TRUNCATE
    ON tariff_group_version FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

CREATE OR REPLACE VIEW tariff_assignment_view WITH (security_invoker = true) AS
SELECT id, party_id, scope, scope_id, tariff_ident, since, created_at, group_ident, until
  FROM tariff_assignment;

CREATE VIEW tariff_group_view WITH (security_invoker = true) AS
SELECT id, party_id, group_ident, version, members, valid_from, created_at,
       version = max(version) OVER (PARTITION BY party_id, group_ident) AS newest
  FROM tariff_group_version;

SELECT protect('tariff_group_version');
