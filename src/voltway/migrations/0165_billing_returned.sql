-- What is owed for a refund that came back is paid again as refunds are: above a sum, by two.

ALTER TABLE refund_request
    ALTER COLUMN invoice_id DROP NOT NULL,
    ADD COLUMN returned_id uuid REFERENCES returned_refund,
    ADD COLUMN otherwise   boolean NOT NULL DEFAULT false,   -- by the bank, and not by a refund again
    ADD CHECK (num_nonnulls(invoice_id, returned_id) = 1),
    ADD CHECK (returned_id IS NOT NULL OR NOT otherwise);
CREATE UNIQUE INDEX refund_request_open_returned ON refund_request (returned_id)
    WHERE state IN ('open', 'approved') AND returned_id IS NOT NULL;

CREATE OR REPLACE VIEW refund_request_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.invoice_id, coalesce(i.number, 'a refund that came back') AS number,
           coalesce(i.total_minor, r.amount_minor) AS total_minor, r.amount_minor, r.currency,
           r.reason, r.asked_by, r.asker_id, r.asked_at, r.state, r.decided_by, r.decided_at,
           r.said, r.done_at, r.returned_id, r.otherwise
      FROM refund_request r LEFT JOIN invoice i ON i.id = r.invoice_id;
