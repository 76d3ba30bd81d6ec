-- How much may be charged with a card, by a driver or by a fleet, in a session, a day or a month.

CREATE TABLE budget (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    scope        text        NOT NULL CHECK (scope IN ('token', 'driver', 'fleet')),
    subject_id   uuid        NOT NULL,
    period       text        NOT NULL CHECK (period IN ('session', 'day', 'month')),
    amount_minor bigint      CHECK (amount_minor > 0),   -- in the party's currency
    energy_wh    bigint      CHECK (energy_wh > 0),
    set_by       text        NOT NULL,
    set_at       timestamptz NOT NULL,
    CHECK (num_nonnulls(amount_minor, energy_wh) > 0),
    UNIQUE (party_id, scope, subject_id, period)
);
SELECT protect('budget');

CREATE VIEW budget_view WITH (security_invoker = true) AS
    SELECT b.id, b.party_id, b.scope, b.subject_id, b.period, b.amount_minor, b.energy_wh, b.set_by,
           b.set_at,
           CASE b.scope WHEN 'token' THEN (SELECT coalesce(nullif(label, ''), uid) FROM token_view
                                            WHERE id = b.subject_id)
                        WHEN 'driver' THEN (SELECT name FROM driver_view WHERE id = b.subject_id)
                        ELSE (SELECT name FROM fleet_view WHERE id = b.subject_id) END AS name
      FROM budget b;
