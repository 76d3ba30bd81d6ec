-- Bills and books checked against what must always hold: when, how much, and what was found.

CREATE TABLE books_check (
    id       uuid        PRIMARY KEY,
    party_id uuid        NOT NULL REFERENCES party,
    asked_by text        NOT NULL CHECK (asked_by <> ''),
    whole    boolean     NOT NULL,             -- everything there is, or only what is recent
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    bills_to timestamptz NOT NULL              -- bills frozen up to then were recomputed
);
CREATE INDEX books_check_recent ON books_check (party_id, began_at DESC);
SELECT protect('books_check');

-- What a check came to for each invariant.
CREATE TABLE books_check_part (
    check_id  uuid    NOT NULL REFERENCES books_check ON DELETE CASCADE,
    party_id  uuid    NOT NULL REFERENCES party,
    invariant text    NOT NULL,
    checked   bigint  NOT NULL,
    unchecked bigint  NOT NULL,                -- what could not be: frames that are not kept any more
    found     integer NOT NULL,
    seconds   real    NOT NULL,
    PRIMARY KEY (check_id, invariant)
);
SELECT protect('books_check_part');

-- What was found, each thing once. It stays open until a person closes it with a reason, or until a
-- check of everything finds it no more.
CREATE TABLE books_finding (
    id        uuid        PRIMARY KEY,
    party_id  uuid        NOT NULL REFERENCES party,
    invariant text        NOT NULL,
    about     text        NOT NULL,            -- kind:id of what it is about
    said      text        NOT NULL,
    first_at  timestamptz NOT NULL,
    last_at   timestamptz NOT NULL,
    closed_at timestamptz,
    closed_by text,
    why       text,
    UNIQUE (party_id, invariant, about, said),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE INDEX books_finding_open ON books_finding (party_id, last_at) WHERE closed_at IS NULL;
SELECT protect('books_finding');

CREATE VIEW books_check_view WITH (security_invoker = true) AS
    SELECT id, party_id, asked_by, whole, began_at, ended_at, bills_to FROM books_check;

CREATE VIEW books_check_part_view WITH (security_invoker = true) AS
    SELECT check_id, party_id, invariant, checked, unchecked, found, seconds FROM books_check_part;

CREATE VIEW books_finding_view WITH (security_invoker = true) AS
    SELECT id, party_id, invariant, about, said, first_at, last_at, closed_at, closed_by, why
      FROM books_finding;

-- The owners are told of findings: what an alert is about need not be a payment.
ALTER TABLE alert ALTER COLUMN payment_id DROP NOT NULL;
ALTER TABLE alert DROP CONSTRAINT alert_template_check;
ALTER TABLE alert ADD CONSTRAINT alert_template_check
    CHECK (template IN ('receipt', 'not_charged', 'books'));
ALTER TABLE alert ADD CONSTRAINT alert_about
    CHECK (template = 'books' OR payment_id IS NOT NULL);

-- Evidence in the books names a step by its key, too.
CREATE OR REPLACE VIEW payment_step_view WITH (security_invoker = true) AS
    SELECT id, party_id, payment_id, verb, amount_minor, reason, asked_at, tries, tried_at,
           answered_at, answer, detail, last_trouble, once
      FROM payment_step;
