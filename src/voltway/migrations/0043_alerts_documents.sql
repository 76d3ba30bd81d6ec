-- Invoices, credit notes, statements and settlements reach people by mail, as receipts do; who asks for
-- it gets the invoice for machines with them. What was sent to whom is found by the document.

ALTER TABLE alert
    ADD COLUMN with_xml boolean NOT NULL DEFAULT false,   -- the buyer asked for an XRechnung
    DROP CONSTRAINT alert_template_check,
    ADD CONSTRAINT alert_template_check
        CHECK (template IN ('receipt', 'not_charged', 'books', 'document')),
    DROP CONSTRAINT alert_about,
    ADD CONSTRAINT alert_about CHECK (CASE template
        WHEN 'books' THEN true
        WHEN 'document' THEN invoice_id IS NOT NULL
        ELSE payment_id IS NOT NULL END);
CREATE INDEX alert_invoice ON alert (invoice_id) WHERE invoice_id IS NOT NULL;

CREATE OR REPLACE VIEW alert_view WITH (security_invoker = true) AS
    SELECT id, party_id, channel, recipient, template, locale, payment_id, invoice_id, state, tries,
           created_at, next_try_at, sent_at, last_trouble, with_xml
      FROM alert;
