-- The books. Entries are added, never changed; a posting has two sides, so it balances by itself.

CREATE TABLE ledger_entry (
    id            uuid        PRIMARY KEY,
    place         bigint      GENERATED ALWAYS AS IDENTITY,   -- the order in which it was written
    party_id      uuid        NOT NULL REFERENCES party,
    once          text        NOT NULL,            -- what the entry is for: posted once
    at            timestamptz NOT NULL,
    memo          text        NOT NULL CHECK (memo <> ''),
    evidence      jsonb       NOT NULL CHECK (jsonb_typeof(evidence) = 'object' AND evidence <> '{}'),
    posting_count integer     NOT NULL CHECK (posting_count > 0),
    kept_at       timestamptz NOT NULL,
    UNIQUE (party_id, once)
);
CREATE INDEX ledger_entry_at ON ledger_entry (party_id, at);
CREATE INDEX ledger_entry_evidence ON ledger_entry USING gin (evidence jsonb_path_ops);

CREATE TABLE ledger_posting (
    entry_id     uuid     NOT NULL REFERENCES ledger_entry,
    number       integer  NOT NULL CHECK (number > 0),
    party_id     uuid     NOT NULL REFERENCES party,
    debit        text     NOT NULL CHECK (debit <> ''),
    credit       text     NOT NULL CHECK (credit <> ''),
    amount_minor bigint   NOT NULL CHECK (amount_minor > 0),
    currency     text     NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    PRIMARY KEY (entry_id, number),
    CHECK (debit <> credit)
);
CREATE INDEX ledger_posting_debit ON ledger_posting (party_id, debit);
CREATE INDEX ledger_posting_credit ON ledger_posting (party_id, credit);

CREATE FUNCTION refuse_change_of_the_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'The books are never changed: undo an entry by another one.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER ledger_entry_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_the_books();
CREATE TRIGGER ledger_posting_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_posting
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_the_books();

-- At the commit an entry has exactly the postings it was made with, all of its own party: none can
-- be left out, and none can be slipped in later.
CREATE FUNCTION check_entry_is_whole() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    entry  uuid;
    wanted ledger_entry%ROWTYPE;
    found_count bigint;
    strangers   bigint;
    last_number bigint;
BEGIN
    IF TG_TABLE_NAME = 'ledger_entry' THEN
        entry := NEW.id;
    ELSE
        entry := NEW.entry_id;
    END IF;
    SELECT * INTO wanted FROM ledger_entry WHERE id = entry;
    SELECT count(*), count(*) FILTER (WHERE party_id <> wanted.party_id), max(number)
      INTO found_count, strangers, last_number
      FROM ledger_posting WHERE entry_id = entry;
    IF found_count <> wanted.posting_count OR strangers > 0 OR last_number <> found_count THEN
        RAISE EXCEPTION 'Entry % is not whole: % of % postings, % of another party.',
            entry, found_count, wanted.posting_count, strangers
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER ledger_entry_whole AFTER INSERT ON ledger_entry
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry_is_whole();
CREATE CONSTRAINT TRIGGER ledger_posting_whole AFTER INSERT ON ledger_posting
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_entry_is_whole();

SELECT protect('ledger_entry');
SELECT protect('ledger_posting');

CREATE VIEW entry_view WITH (security_invoker = true) AS
    SELECT e.id, e.place, e.party_id, e.once, e.at, e.memo, e.evidence, e.kept_at,
           p.number, p.debit, p.credit, p.amount_minor, p.currency
      FROM ledger_entry e
      JOIN ledger_posting p ON p.entry_id = e.id;

CREATE VIEW account_view WITH (security_invoker = true) AS
    SELECT party_id, account, currency,
           sum(debit_minor)::bigint AS debit_minor, sum(credit_minor)::bigint AS credit_minor,
           (sum(debit_minor) - sum(credit_minor))::bigint AS balance_minor
      FROM (SELECT party_id, debit AS account, currency, amount_minor AS debit_minor,
                   0::bigint AS credit_minor FROM ledger_posting
             UNION ALL
            SELECT party_id, credit, currency, 0, amount_minor FROM ledger_posting) AS side
     GROUP BY party_id, account, currency;

