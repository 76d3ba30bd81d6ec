-- Budgets of contracts, and who was told that a budget nears its end.

ALTER TABLE budget
    DROP CONSTRAINT budget_scope_check,
    ADD CONSTRAINT budget_scope_check CHECK (scope IN ('token', 'contract', 'driver', 'fleet'));

CREATE OR REPLACE VIEW budget_view WITH (security_invoker = true) AS
    SELECT b.id, b.party_id, b.scope, b.subject_id, b.period, b.amount_minor, b.energy_wh, b.set_by,
           b.set_at,
           CASE b.scope WHEN 'token' THEN (SELECT coalesce(nullif(label, ''), uid) FROM token_view
                                            WHERE id = b.subject_id)
                        WHEN 'contract' THEN (SELECT ident FROM contract_view
                                               WHERE id = b.subject_id)
                        WHEN 'driver' THEN (SELECT name FROM driver_view WHERE id = b.subject_id)
                        ELSE (SELECT name FROM fleet_view WHERE id = b.subject_id) END AS name
      FROM budget b;

-- What was told of a budget, once for each of its periods and shares; with what stood in it then.
CREATE TABLE budget_told (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    budget_id    uuid        NOT NULL REFERENCES budget ON DELETE CASCADE,
    of           text        NOT NULL,      -- the day or month by its begin, the session by its id
    percent      int         NOT NULL CHECK (percent IN (80, 100)),
    used_minor   bigint      NOT NULL,
    used_wh      bigint      NOT NULL,
    told_at      timestamptz NOT NULL,
    UNIQUE (budget_id, of, percent)
);
SELECT protect('budget_told');
