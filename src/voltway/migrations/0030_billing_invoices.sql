-- Full invoices and credit notes beside the receipts of sessions: frozen, numbered and never changed
-- as those are. A receipt belongs to a settlement; an invoice may cover many sessions, or the one
-- whose receipt it replaces; a credit note refers to what it takes back.

ALTER TABLE invoice
    ALTER COLUMN settlement_id DROP NOT NULL,
    ALTER COLUMN session_id DROP NOT NULL,
    ADD COLUMN original_id    uuid REFERENCES invoice,
    ADD COLUMN relation       text CHECK (relation IN ('replaces', 'credits')),
    ADD COLUMN once           text UNIQUE,          -- what it is for: asked again, issued once
    ADD COLUMN rounding       text CHECK (rounding IN ('gross-leading', 'net-leading')),
    ADD COLUMN net_minor      bigint,
    ADD COLUMN tax_minor      bigint,
    ADD COLUMN rounding_minor bigint,
    ADD COLUMN buyer          text,
    ADD COLUMN reason         text,
    DROP CONSTRAINT invoice_kind_check,
    ADD CONSTRAINT invoice_kind_check CHECK (kind IN (
        'receipt', 'simplified_invoice', 'invoice', 'credit_note', 'self_billed_invoice')),
    ADD CONSTRAINT invoice_of_a_settlement CHECK (
        (kind IN ('receipt', 'simplified_invoice')) = (settlement_id IS NOT NULL)),
    ADD CONSTRAINT invoice_of_a_session CHECK (settlement_id IS NULL OR session_id IS NOT NULL),
    ADD CONSTRAINT invoice_refers CHECK ((original_id IS NULL) = (relation IS NULL)),
    ADD CONSTRAINT credit_note_refers CHECK (
        (kind = 'credit_note') = (relation IS NOT DISTINCT FROM 'credits')),
    ADD CONSTRAINT invoice_adds_up CHECK (net_minor + tax_minor + rounding_minor = total_minor),
    ADD CONSTRAINT invoice_figures_together CHECK (
        num_nulls(rounding, net_minor, tax_minor, rounding_minor) IN (0, 4)),
    ADD CONSTRAINT net_leading_rounds_nothing CHECK (
        rounding <> 'net-leading' OR rounding_minor = 0);
-- A receipt is replaced by one invoice at most.
CREATE UNIQUE INDEX invoice_replaced_once ON invoice (original_id) WHERE relation = 'replaces';
CREATE INDEX invoice_original ON invoice (original_id) WHERE original_id IS NOT NULL;

-- Which sessions the full invoices cover: each at most once, whoever invoices it.
CREATE TABLE invoiced_session (
    session_id uuid PRIMARY KEY,
    invoice_id uuid NOT NULL REFERENCES invoice,
    party_id   uuid NOT NULL REFERENCES party
);
CREATE INDEX invoiced_session_invoice ON invoiced_session (invoice_id);
CREATE TRIGGER invoiced_session_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON invoiced_session
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('invoiced_session');

-- Credit notes never take back more than their original came to, whatever the code that made them.
CREATE FUNCTION check_credits_fit() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF (SELECT sum(total_minor) FROM invoice
         WHERE original_id = NEW.original_id AND relation = 'credits')
       > (SELECT total_minor FROM invoice WHERE id = NEW.original_id)
    THEN
        RAISE EXCEPTION 'Credit note % takes back more than its original came to.', NEW.number
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER credits_fit AFTER INSERT ON invoice
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW
    WHEN (NEW.relation = 'credits') EXECUTE FUNCTION check_credits_fit();

-- The receipts of sessions, as before: one for each settlement.
CREATE OR REPLACE VIEW invoice_view WITH (security_invoker = true) AS
    SELECT id, party_id, settlement_id, session_id, payment_id, kind, series, year, place, number,
           total_minor, currency, sha256, issued_at
      FROM invoice
     WHERE settlement_id IS NOT NULL;

-- All that was issued.
CREATE VIEW document_view WITH (security_invoker = true) AS
    SELECT i.id, i.party_id, i.settlement_id, i.session_id, i.payment_id, i.kind, i.series, i.year,
           i.place, i.number, i.total_minor, i.currency, i.sha256, i.issued_at, i.original_id,
           o.number AS original_number, i.relation, i.rounding, i.net_minor, i.tax_minor,
           i.rounding_minor, i.buyer, i.reason
      FROM invoice i
      LEFT JOIN invoice o ON o.id = i.original_id;
