-- CDRs as partners are given them, frozen when a session is priced; and the credit CDRs that take
-- them back. See billing/documents_cdr.py and docs/decisions/0021-proofs-and-cdrs.md.

CREATE TABLE ocpi_cdr (
    id          text        PRIMARY KEY CHECK (length(id) BETWEEN 1 AND 39),  -- OCPI: CiString(39)
    party_id    uuid        NOT NULL REFERENCES party,
    session_id  uuid        NOT NULL,
    cdr_id      uuid        NOT NULL,              -- what was billed: cdr, or an adjustment of it
    credits     text        UNIQUE REFERENCES ocpi_cdr,  -- the one that it takes back, once
    total_minor bigint      NOT NULL,              -- of a credit, negative
    currency    text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    document    text        NOT NULL,              -- JSON, byte for byte as it was frozen
    sha256      text        NOT NULL,
    made_at     timestamptz NOT NULL,
    CHECK (sha256 = encode(sha256(convert_to(document, 'UTF8')), 'hex')),
    CHECK (credits IS NOT NULL OR (length(id) <= 36 AND total_minor >= 0)),
    CHECK (credits IS NULL OR total_minor <= 0)
);
-- What was billed has one CDR; what takes it back is another.
CREATE UNIQUE INDEX ocpi_cdr_of ON ocpi_cdr (cdr_id) WHERE credits IS NULL;
CREATE INDEX ocpi_cdr_session ON ocpi_cdr (session_id);
CREATE INDEX ocpi_cdr_party ON ocpi_cdr (party_id, id);
CREATE INDEX ocpi_cdr_made ON ocpi_cdr (party_id, made_at);

CREATE TRIGGER ocpi_cdr_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON ocpi_cdr
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('ocpi_cdr');

CREATE VIEW ocpi_cdr_view WITH (security_invoker = true) AS
    SELECT o.id, o.party_id, o.session_id, o.cdr_id, o.credits, o.total_minor, o.currency, o.sha256,
           o.document, o.made_at, c.id AS credited_by
      FROM ocpi_cdr o
      LEFT JOIN ocpi_cdr c ON c.credits = o.id;
