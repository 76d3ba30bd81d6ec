-- What a second person agrees to may go back to the card that paid the receipt's statement.

ALTER TABLE refund_request
    ADD COLUMN to_card boolean NOT NULL DEFAULT false,
    ADD CHECK (invoice_id IS NOT NULL OR NOT to_card);

CREATE OR REPLACE VIEW refund_request_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.invoice_id, coalesce(i.number, 'a refund that came back') AS number,
           coalesce(i.total_minor, r.amount_minor) AS total_minor, r.amount_minor, r.currency,
           r.reason, r.asked_by, r.asker_id, r.asked_at, r.state, r.decided_by, r.decided_at,
           r.said, r.done_at, r.returned_id, r.otherwise, r.to_card
      FROM refund_request r LEFT JOIN invoice i ON i.id = r.invoice_id;
