-- Who said, and when, whether a customer's bills are charged to its card or paid by invoice.
ALTER TABLE customer ADD COLUMN way_by text, ADD COLUMN way_at timestamptz;

CREATE OR REPLACE VIEW customer_view WITH (security_invoker = true) AS
    SELECT c.id, c.party_id, c.name, c.street, c.postal_code, c.city, c.country, c.vat_id, c.email,
           c.reference, c.locale, c.is_business, c.due_days, c.created_at,
           (SELECT count(*) FROM customer_token t WHERE t.customer_id = c.id)::int AS tokens,
           c.wants_xrechnung,
           CASE WHEN c.pays_by_card THEN 'card' ELSE 'invoice' END AS way, c.way_by, c.way_at
      FROM customer c;
