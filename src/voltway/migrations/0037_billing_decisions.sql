-- What a person decided of a settlement that was held: once, with a reason, and never changed.

CREATE TABLE review_decision (
    settlement_id uuid        PRIMARY KEY REFERENCES settlement,
    party_id      uuid        NOT NULL REFERENCES party,
    session_id    uuid        NOT NULL,
    choice        text        NOT NULL CHECK (choice IN ('readings', 'energy', 'free')),
    energy_wh     bigint      CHECK (energy_wh >= 0),
    reason        text        NOT NULL CHECK (btrim(reason) <> ''),
    doubts        text[]      NOT NULL,            -- what was odd about the session at that moment
    decided_by    text        NOT NULL,
    decided_at    timestamptz NOT NULL,
    CHECK ((choice = 'energy') = (energy_wh IS NOT NULL))
);
CREATE INDEX review_decision_party ON review_decision (party_id, decided_at);
CREATE TRIGGER review_decision_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON review_decision
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('review_decision');

CREATE VIEW review_decision_view WITH (security_invoker = true) AS
    SELECT d.settlement_id, d.party_id, d.session_id, d.choice, d.energy_wh, d.reason, d.doubts,
           d.decided_by, d.decided_at
      FROM review_decision d;
