-- What comes after a bill, heard and decided: each correction once, and bills that are raised.

ALTER TABLE adjustment
    DROP CONSTRAINT adjustment_choice_check,
    DROP CONSTRAINT adjustment_check1,
    DROP CONSTRAINT adjustment_check2,
    ADD CONSTRAINT adjustment_choice_check CHECK (choice IN ('adjusted', 'left', 'charged', 'given')),
    ADD CONSTRAINT adjustment_after CHECK (after_minor = CASE
        WHEN choice IN ('left', 'given') THEN before_minor ELSE told_minor END),
    -- A bill is raised by a person who chose to, and by nothing else.
    ADD CONSTRAINT adjustment_raised CHECK ((choice = 'charged') = (after_minor > before_minor)),
    ADD CONSTRAINT adjustment_given CHECK (choice <> 'given' OR told_minor > before_minor);

-- How much may be charged after a bill, and until how long after the session. No row: nothing.
CREATE TABLE charge_rule (
    party_id    uuid        PRIMARY KEY REFERENCES party,
    most_minor  bigint      NOT NULL CHECK (most_minor >= 0),  -- of one session, in the party's currency
    within_days integer     NOT NULL CHECK (within_days BETWEEN 0 AND 1095),
    since       timestamptz NOT NULL,
    set_by      text        NOT NULL
);
SELECT protect('charge_rule');

-- What was heard of a session after its bill: each thing once, and what became of it.
CREATE TABLE session_correction (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    session_id    uuid        NOT NULL,
    settlement_id uuid        NOT NULL REFERENCES settlement,
    heard_at      timestamptz NOT NULL,
    came          text        NOT NULL,            -- what is doubtful since, or that the energy is another
    outcome       text        NOT NULL CHECK (outcome IN ('same', 'adjusted', 'review')),
    changed       text[]      NOT NULL,            -- what the bill would say otherwise, in sentences
    at            timestamptz NOT NULL,
    UNIQUE (session_id, heard_at, came)
);
CREATE TRIGGER session_correction_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON session_correction
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('session_correction');

CREATE VIEW session_correction_view WITH (security_invoker = true) AS
    SELECT id, party_id, session_id, settlement_id, heard_at, came, outcome, changed, at
      FROM session_correction;

-- What drivers paid before is never spent beyond, whatever the code that spends it: looked at when an
-- entry is kept, one work at a time for each account.
CREATE FUNCTION check_prepaid() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    left_minor bigint;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended(NEW.debit || NEW.currency, 0));
    SELECT coalesce(sum(CASE WHEN credit = NEW.debit THEN amount_minor ELSE -amount_minor END), 0)
      INTO left_minor
      FROM ledger_posting
     WHERE party_id = NEW.party_id AND currency = NEW.currency AND NEW.debit IN (debit, credit);
    IF left_minor < 0 THEN
        RAISE EXCEPTION '% would be spent beyond what was paid before, by %.', NEW.debit, -left_minor
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER prepaid_is_there AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.debit LIKE 'driver:%:prepaid') EXECUTE FUNCTION check_prepaid();
