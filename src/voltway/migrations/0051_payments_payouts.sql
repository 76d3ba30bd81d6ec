-- What providers paid out: their reports, line by line, and which entry of the books explains each.

-- A report that was taken. The same bytes taken again change nothing.
CREATE TABLE payout_report (
    id        uuid        PRIMARY KEY,
    party_id  uuid        NOT NULL REFERENCES party,
    provider  text        NOT NULL CHECK (provider ~ '^[a-z0-9][a-z0-9_-]{0,31}$'),
    source    text        NOT NULL CHECK (source IN ('file', 'provider')),
    taken_by  text        NOT NULL,
    taken_at  timestamptz NOT NULL,
    lines     integer     NOT NULL,
    fresh     integer     NOT NULL             -- of these, how many were new
);
CREATE INDEX payout_report_recent ON payout_report (party_id, taken_at DESC);
SELECT protect('payout_report');

-- One transfer of a provider to the party's bank.
CREATE TABLE payout (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    provider     text        NOT NULL,
    ref          text        NOT NULL CHECK (ref <> ''),   -- the provider's name for it
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    amount_minor bigint,                       -- unknown until a report tells it
    paid_at      timestamptz,
    first_at     timestamptz NOT NULL,         -- when we first heard of it
    posted_at    timestamptz,                  -- since then it is in the books
    doubt        text,                         -- why it is not, in a word of ours
    said         text        NOT NULL DEFAULT '',
    UNIQUE (party_id, provider, ref),
    CHECK (posted_at IS NULL OR amount_minor IS NOT NULL)
);
CREATE INDEX payout_recent ON payout (party_id, first_at DESC);
CREATE INDEX payout_doubted ON payout (party_id, first_at) WHERE doubt IS NOT NULL;
SELECT protect('payout');

-- One movement on the party's balance at a provider.
CREATE TABLE payout_line (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    report_id    uuid        NOT NULL REFERENCES payout_report,   -- which told it first
    provider     text        NOT NULL,
    ref          text        NOT NULL CHECK (ref <> ''),
    payout_ref   text,                         -- unknown while the provider has not paid it out
    kind         text        NOT NULL CHECK (kind IN ('capture', 'refund', 'dispute', 'fee', 'other')),
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    gross_minor  bigint      NOT NULL,
    fee_minor    bigint      NOT NULL,
    at           timestamptz NOT NULL,
    hold         text,                         -- the provider's name for the payment
    reference    text,                         -- ours, if the report has it
    source       text,                         -- the provider's name for the refund or dispute
    payment_id   uuid        REFERENCES payment,
    entry_id     uuid        UNIQUE,           -- the entry of the books that explains it: of one line
    first_at     timestamptz NOT NULL,
    posted_at    timestamptz,                  -- since then its fee is in the books
    doubt        text,
    said         text        NOT NULL DEFAULT '',
    closed_at    timestamptz,                  -- a person took it as it is
    closed_by    text,
    why          text,
    UNIQUE (party_id, provider, ref),
    CHECK ((closed_at IS NULL) = (closed_by IS NULL))
);
CREATE INDEX payout_line_payout ON payout_line (party_id, provider, payout_ref);
CREATE INDEX payout_line_payment ON payout_line (payment_id);
CREATE INDEX payout_line_doubted ON payout_line (party_id, first_at)
    WHERE doubt IS NOT NULL AND closed_at IS NULL;
SELECT protect('payout_line');

CREATE VIEW payout_report_view WITH (security_invoker = true) AS
    SELECT id, party_id, provider, source, taken_by, taken_at, lines, fresh FROM payout_report;

CREATE VIEW payout_view WITH (security_invoker = true) AS
    SELECT p.id, p.party_id, p.provider, p.ref, p.currency, p.amount_minor, p.paid_at, p.first_at,
           p.posted_at, p.doubt, p.said, l.lines, l.gross_minor, l.fee_minor
      FROM payout p
     CROSS JOIN LATERAL (
            SELECT count(*)::int AS lines, coalesce(sum(gross_minor), 0)::bigint AS gross_minor,
                   coalesce(sum(fee_minor), 0)::bigint AS fee_minor
              FROM payout_line
             WHERE party_id = p.party_id AND provider = p.provider AND payout_ref = p.ref) AS l;

CREATE VIEW payout_line_view WITH (security_invoker = true) AS
    SELECT id, party_id, provider, ref, payout_ref, kind, currency, gross_minor, fee_minor, at, hold,
           reference, source, payment_id, entry_id, first_at, posted_at, doubt, said, closed_at,
           closed_by, why
      FROM payout_line;
