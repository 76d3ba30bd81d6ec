-- The month of a subscription that an invoice is of: billed once, however often it is tried.

CREATE TABLE subscription_fee (
    subscription_id uuid        NOT NULL,
    month_begins    timestamptz NOT NULL,
    party_id        uuid        NOT NULL REFERENCES party,
    invoice_id      uuid        NOT NULL UNIQUE REFERENCES invoice,
    customer_id     uuid        NOT NULL REFERENCES customer,
    month_ends      timestamptz NOT NULL,
    PRIMARY KEY (subscription_id, month_begins)
);
CREATE TRIGGER subscription_fee_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON subscription_fee
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_document();
SELECT protect('subscription_fee');

CREATE VIEW subscription_view WITH (security_invoker = true) AS
SELECT s.id, s.party_id, s.plan_ident, s.scope, s.subscriber, s.payer, s.zone, s.begins, s.ends,
       s.unpaid_since, s.next_fee_at, s.created_at,
       coalesce(d.name, k.ident, f.name) AS subscriber_name, c.name AS payer_name,
       (SELECT count(*) FROM subscription_fee b WHERE b.subscription_id = s.id)::int AS fees
  FROM subscription s
  LEFT JOIN driver_view d ON s.scope = 'driver' AND d.id = s.subscriber
  LEFT JOIN contract_view k ON s.scope = 'contract' AND k.id = s.subscriber
  LEFT JOIN fleet_view f ON s.scope = 'fleet' AND f.id = s.subscriber
  LEFT JOIN customer_view c ON c.id = s.payer;

CREATE VIEW subscription_fee_view WITH (security_invoker = true) AS
SELECT b.subscription_id, b.month_begins, b.month_ends, b.party_id, b.invoice_id AS id, i.number,
       i.total_minor, i.currency, i.issued_at, b.customer_id
  FROM subscription_fee b
  JOIN invoice i ON i.id = b.invoice_id;
