-- The books sealed, summed and closed. What is written at a commit stays as light as it was: a sweep
-- seals entries afterwards, in the order in which they were written, and adds them up by day. See
-- Note [Sealed afterwards] in ledger/sealing.py.

CREATE UNIQUE INDEX ledger_entry_place ON ledger_entry (place);
CREATE INDEX ledger_entry_kept ON ledger_entry USING brin (kept_at);

-- Whoever writes an entry holds this lock shared until its commit; whoever holds it alone for a
-- moment knows that no entry with a place of before can still come.
CREATE FUNCTION share_the_books() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_advisory_xact_lock_shared(1651470187);
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_shares BEFORE INSERT ON ledger_entry
    FOR EACH STATEMENT EXECUTE FUNCTION share_the_books();

-- How far the sweep has come: every entry up to this place has a link.
CREATE TABLE ledger_sealed (
    only_one boolean PRIMARY KEY DEFAULT true CHECK (only_one),
    place    bigint  NOT NULL
);
INSERT INTO ledger_sealed (place) VALUES (0);
SELECT share('ledger_sealed');

-- One link for each entry, numbered without gaps for each party: SHA-256 over the entry, its
-- postings, its evidence and the hash of the link before.
CREATE TABLE ledger_link (
    party_id uuid   NOT NULL REFERENCES party,
    number   bigint NOT NULL CHECK (number > 0),
    entry_id uuid   NOT NULL UNIQUE REFERENCES ledger_entry,
    hash     bytea  NOT NULL CHECK (octet_length(hash) = 32),
    PRIMARY KEY (party_id, number)
);
SELECT protect('ledger_link');
CREATE TRIGGER ledger_link_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_link
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_the_books();

-- The head of each party's chain at the end of each day (UTC); that of today moves forward.
CREATE TABLE ledger_seal (
    party_id  uuid        NOT NULL REFERENCES party,
    day       date        NOT NULL,
    number    bigint      NOT NULL,
    head      bytea       NOT NULL CHECK (octet_length(head) = 32),
    sealed_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, day)
);
SELECT protect('ledger_seal');
CREATE FUNCTION check_seal_goes_on() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND NEW.party_id = OLD.party_id AND NEW.day = OLD.day
       AND NEW.number > OLD.number
       AND NOT EXISTS (SELECT FROM ledger_seal
                        WHERE party_id = NEW.party_id AND day > NEW.day) THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'The books are never changed: a seal only goes on.'
        USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER ledger_seal_goes_on BEFORE UPDATE OR DELETE ON ledger_seal
    FOR EACH ROW EXECUTE FUNCTION check_seal_goes_on();

-- An account without the id that is the second word of its path: driver:*:receivable stands for all
-- drivers'. By LIKE, which costs a tenth of what a regular expression does.
CREATE FUNCTION account_group(path text) RETURNS text
    LANGUAGE sql IMMUTABLE PARALLEL SAFE
    AS $$ SELECT CASE
        WHEN split_part(path, ':', 2) LIKE '________-____-____-____-____________'
        THEN split_part(path, ':', 1) || ':*' || substr(path, strpos(path, ':') + 37)
        ELSE path END $$;

-- What sealed entries moved on each group of accounts, by the day that they are dated and the day on
-- which they were kept (UTC): a balance at any moment, as known at any moment, is a sum over days.
CREATE TABLE ledger_day (
    party_id     uuid   NOT NULL REFERENCES party,
    account      text   NOT NULL,
    currency     text   NOT NULL,
    day          date   NOT NULL,
    kept_day     date   NOT NULL,
    debit_minor  bigint NOT NULL,
    credit_minor bigint NOT NULL,
    PRIMARY KEY (party_id, account, currency, day, kept_day)
);
SELECT protect('ledger_day');

-- Months that are closed. Nothing is ever dated into them again; they are not opened again either.
CREATE TABLE ledger_period (
    party_id  uuid        NOT NULL REFERENCES party,
    month     date        NOT NULL CHECK (extract(day FROM month) = 1),
    begins    timestamptz NOT NULL,            -- in the party's time zone
    ends      timestamptz NOT NULL,
    closed_at timestamptz NOT NULL,
    closed_by text        NOT NULL CHECK (closed_by <> ''),
    entries   bigint      NOT NULL,            -- dated within it
    number    bigint      NOT NULL,            -- the last link when it was closed, and its hash
    head      bytea,
    PRIMARY KEY (party_id, month),
    CHECK (begins < ends),
    CHECK (closed_at >= ends)
);
CREATE INDEX ledger_period_ends ON ledger_period (party_id, ends);
SELECT protect('ledger_period');

-- What each group of accounts held at the end of a closed month, and what it moved within it.
CREATE TABLE ledger_closing (
    party_id      uuid   NOT NULL,
    month         date   NOT NULL,
    account       text   NOT NULL,
    currency      text   NOT NULL,
    debit_minor   bigint NOT NULL,             -- within the month
    credit_minor  bigint NOT NULL,
    balance_minor bigint NOT NULL,             -- at its end
    PRIMARY KEY (party_id, month, account, currency),
    FOREIGN KEY (party_id, month) REFERENCES ledger_period
);
SELECT protect('ledger_closing');

CREATE TRIGGER ledger_period_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_period
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_the_books();
CREATE TRIGGER ledger_closing_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ledger_closing
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_the_books();

CREATE FUNCTION check_period_is_open() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    closed record;
BEGIN
    SELECT f.id, p.month INTO closed
      FROM fresh f JOIN ledger_period p ON p.party_id = f.party_id AND p.ends > f.at
     LIMIT 1;
    IF FOUND THEN
        RAISE EXCEPTION 'Entry % is dated into a closed month: the books are closed up to the end of %.',
            closed.id, to_char(closed.month, 'YYYY-MM')
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE TRIGGER ledger_entry_dated AFTER INSERT ON ledger_entry
    REFERENCING NEW TABLE AS fresh
    FOR EACH STATEMENT EXECUTE FUNCTION check_period_is_open();

-- Which account of the bookkeeper's chart an account of ours is, for exports. A path stands for all
-- beneath it; the longest that fits holds.
CREATE TABLE ledger_mapping (
    party_id uuid NOT NULL REFERENCES party,
    path     text NOT NULL CHECK (path <> ''),
    account  text NOT NULL CHECK (account ~ '^[0-9]{4,9}$'),
    tax_key  text NOT NULL DEFAULT '' CHECK (tax_key ~ '^[0-9]{0,4}$'),
    PRIMARY KEY (party_id, path)
);
SELECT protect('ledger_mapping');

-- What a party's bookkeeper is called there (DATEV: Berater, Mandant), and how long accounts are.
CREATE TABLE ledger_export_setting (
    party_id       uuid    PRIMARY KEY REFERENCES party,
    consultant     integer NOT NULL CHECK (consultant BETWEEN 1001 AND 9999999),
    client         integer NOT NULL CHECK (client BETWEEN 1 AND 99999),
    account_length integer NOT NULL CHECK (account_length BETWEEN 4 AND 8),
    year_begins    integer NOT NULL DEFAULT 1 CHECK (year_begins BETWEEN 1 AND 12),
    chart          text    NOT NULL DEFAULT '04' CHECK (chart ~ '^[0-9]{0,2}$')
);
SELECT protect('ledger_export_setting');

CREATE VIEW ledger_seal_view WITH (security_invoker = true) AS
    SELECT party_id, day, number, encode(head, 'hex') AS head, sealed_at FROM ledger_seal;

CREATE VIEW ledger_period_view WITH (security_invoker = true) AS
    SELECT party_id, month, begins, ends, closed_at, closed_by, entries, number,
           encode(head, 'hex') AS head
      FROM ledger_period;

CREATE VIEW ledger_closing_view WITH (security_invoker = true) AS
    SELECT party_id, month, account, currency, debit_minor, credit_minor, balance_minor
      FROM ledger_closing;

-- Entries that the sweep should have sealed and that have no link, and links whose entry is gone.
CREATE VIEW ledger_unlinked_view WITH (security_invoker = true) AS
    SELECT e.party_id, e.id, e.place, e.memo, e.kept_at
      FROM ledger_entry e
      LEFT JOIN ledger_link l ON l.entry_id = e.id
     WHERE l.entry_id IS NULL AND e.place <= (SELECT place FROM ledger_sealed);

-- Each entry with what its postings are, for whoever checks that it is whole.
CREATE VIEW ledger_entry_check_view WITH (security_invoker = true) AS
    SELECT e.party_id, e.id, e.place, e.once, e.at, e.kept_at, e.memo, e.evidence, e.posting_count,
           p.found_count, p.strangers, p.last_number, p.odd
      FROM ledger_entry e
     CROSS JOIN LATERAL (
            SELECT count(*) AS found_count, max(number) AS last_number,
                   count(*) FILTER (WHERE party_id <> e.party_id) AS strangers,
                   count(*) FILTER (WHERE amount_minor <= 0 OR debit = credit) AS odd
              FROM ledger_posting WHERE entry_id = e.id) AS p;
