-- Settlements walk from a session's end to a numbered receipt; what they freeze never changes.

CREATE TABLE settlement (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    session_id   uuid        NOT NULL UNIQUE,      -- at most one settlement of a session
    payment_id   uuid        UNIQUE,
    route        text[]      NOT NULL,
    done         integer     NOT NULL DEFAULT 0 CHECK (done BETWEEN 0 AND cardinality(route)),
    state        text        NOT NULL,
    opened_at    timestamptz NOT NULL,
    next_try_at  timestamptz,
    tries        integer     NOT NULL DEFAULT 0,
    last_trouble text,
    reviewed_by  text,                             -- who said that a doubtful session is to be billed
    done_at      timestamptz,
    CHECK ((state = 'done') = (done = cardinality(route))),
    CHECK ((state = 'done') = (done_at IS NOT NULL))
);
CREATE INDEX settlement_moving ON settlement (next_try_at) WHERE state <> 'done';
CREATE INDEX settlement_party ON settlement (party_id, opened_at);

CREATE TABLE cdr (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    settlement_id uuid        NOT NULL UNIQUE REFERENCES settlement,
    session_id    uuid        NOT NULL UNIQUE,
    total_minor   bigint      NOT NULL CHECK (total_minor >= 0),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    document      text        NOT NULL,            -- JSON, byte for byte as it was frozen
    sha256        text        NOT NULL,
    made_at       timestamptz NOT NULL,
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
);

-- The last number of each series. Its row is locked until the invoice that took the number is
-- kept, and is rolled back with it, so a series has no gaps.
CREATE TABLE invoice_counter (
    party_id uuid    NOT NULL REFERENCES party,
    series   text    NOT NULL,
    year     integer NOT NULL,
    last     integer NOT NULL CHECK (last > 0),
    PRIMARY KEY (party_id, series, year)
);

CREATE TABLE invoice (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL REFERENCES party,
    settlement_id uuid        NOT NULL UNIQUE REFERENCES settlement,
    session_id    uuid        NOT NULL,
    payment_id    uuid,
    kind          text        NOT NULL CHECK (kind IN ('receipt')),
    series        text        NOT NULL,
    year          integer     NOT NULL,
    place         integer     NOT NULL CHECK (place > 0),
    number        text        NOT NULL,
    total_minor   bigint      NOT NULL CHECK (total_minor >= 0),
    currency      text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    document      text        NOT NULL,
    sha256        text        NOT NULL,
    issued_at     timestamptz NOT NULL,
    UNIQUE (party_id, series, year, place),
    UNIQUE (party_id, number),
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex'))
);
CREATE INDEX invoice_session ON invoice (session_id);
CREATE INDEX invoice_payment ON invoice (payment_id);
CREATE INDEX invoice_issued ON invoice (party_id, issued_at);

CREATE FUNCTION refuse_change_of_a_document() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'What was issued is never changed: correct it by another document.'
        USING ERRCODE = 'restrict_violation';
END $$;

CREATE TRIGGER cdr_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON cdr
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
CREATE TRIGGER invoice_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON invoice
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();

-- A number follows the one before it, whatever the code that gave it.
CREATE FUNCTION check_invoice_follows() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF NEW.place > 1 AND NOT EXISTS (
        SELECT FROM invoice
         WHERE party_id = NEW.party_id AND series = NEW.series AND year = NEW.year
           AND place = NEW.place - 1)
    THEN
        RAISE EXCEPTION 'Invoice % leaves a gap in its series.', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;

CREATE CONSTRAINT TRIGGER invoice_follows AFTER INSERT ON invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION check_invoice_follows();

SELECT protect('settlement');
SELECT protect('cdr');
SELECT protect('invoice_counter');
SELECT protect('invoice');

CREATE VIEW settlement_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.session_id, s.payment_id, s.route, s.done,
           s.route[s.done + 1] AS next_step, s.state, s.opened_at, s.next_try_at, s.tries,
           s.last_trouble, s.reviewed_by, s.done_at, c.total_minor, c.currency, c.id AS cdr_id,
           i.id AS invoice_id, i.number AS invoice_number
      FROM settlement s
      LEFT JOIN cdr c ON c.settlement_id = s.id
      LEFT JOIN invoice i ON i.settlement_id = s.id;

CREATE VIEW invoice_view WITH (security_invoker = true) AS
    SELECT id, party_id, settlement_id, session_id, payment_id, kind, series, year, place, number,
           total_minor, currency, sha256, issued_at
      FROM invoice;
