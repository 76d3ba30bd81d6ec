-- What came after a bill, and what a person made of it: a signed adjustment, or the bill left as it is.
-- Each follows the one before it, and none is ever changed.

CREATE TABLE adjustment (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    session_id    uuid        NOT NULL,
    settlement_id uuid        NOT NULL REFERENCES settlement,
    place         integer     NOT NULL CHECK (place > 0),  -- of those of this session
    choice        text        NOT NULL CHECK (choice IN ('adjusted', 'left')),
    before_minor  bigint      NOT NULL CHECK (before_minor >= 0),
    after_minor   bigint      NOT NULL CHECK (after_minor >= 0),
    told_minor    bigint      NOT NULL CHECK (told_minor >= 0),  -- what it would cost as it is told now
    before_wh     bigint      NOT NULL,
    told_wh       bigint      NOT NULL,
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    reason        text        NOT NULL CHECK (btrim(reason) <> ''),
    document      text        NOT NULL,            -- its evidence: the CDR as it would be now, JSON
    sha256        text        NOT NULL,
    decided_by    text        NOT NULL,
    decided_at    timestamptz NOT NULL,
    UNIQUE (settlement_id, place),
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex')),
    CHECK (after_minor = CASE choice WHEN 'left' THEN before_minor ELSE told_minor END),
    -- Nobody is charged after the receipt.
    CHECK (after_minor <= before_minor)
);
CREATE INDEX adjustment_session ON adjustment (session_id);
CREATE INDEX adjustment_party ON adjustment (party_id, decided_at);
CREATE TRIGGER adjustment_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON adjustment
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('adjustment');

CREATE VIEW adjustment_view WITH (security_invoker = true) AS
    SELECT a.id, a.party_id, a.session_id, a.settlement_id, a.place, a.choice, a.before_minor,
           a.after_minor, a.told_minor, a.before_wh, a.told_wh, a.currency, a.reason, a.sha256,
           a.decided_by, a.decided_at
      FROM adjustment a;
