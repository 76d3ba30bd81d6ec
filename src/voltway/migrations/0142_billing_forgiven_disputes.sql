-- What a driver owes for a disputed top-up is written off as a debt is: above a sum, by two.

ALTER TABLE write_off_request
    ALTER COLUMN invoice_id DROP NOT NULL,
    ADD COLUMN dispute_id uuid REFERENCES dispute,
    ADD CHECK (num_nonnulls(invoice_id, dispute_id) = 1);
CREATE UNIQUE INDEX write_off_request_open_dispute ON write_off_request (dispute_id)
    WHERE state = 'open' AND dispute_id IS NOT NULL;

CREATE OR REPLACE VIEW write_off_request_view WITH (security_invoker = true) AS
    SELECT r.id, r.party_id, r.invoice_id, coalesce(i.number, 'top-up') AS number, r.amount_minor,
           r.currency, r.reason, r.asked_by, r.asker_id, r.asked_at, r.state, r.decided_by,
           r.decided_at, r.dispute_id
      FROM write_off_request r LEFT JOIN invoice i ON i.id = r.invoice_id;
