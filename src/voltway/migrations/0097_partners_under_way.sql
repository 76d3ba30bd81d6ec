-- What charges under way cost so far counts to a partner's credit, until it is in the books.

ALTER TABLE partner_session ADD COLUMN so_far_minor bigint NOT NULL DEFAULT 0;
ALTER TABLE partner_session ADD COLUMN booked boolean NOT NULL DEFAULT false;
CREATE INDEX partner_session_under_way ON partner_session (partner_id) WHERE NOT booked;

ALTER TABLE partner ADD COLUMN under_way_minor bigint NOT NULL DEFAULT 0;

CREATE OR REPLACE VIEW partner_view WITH (security_invoker = true) AS
SELECT p.id, p.party_id, p.name, p.country_code, p.ident, p.currency, p.credit_limit_minor,
       p.customer_id, p.fleet_id, p.url, p.created_at, p.owed_minor, p.heard_at, p.trouble,
       coalesce(p.owed_minor + p.under_way_minor >= p.credit_limit_minor, false) AS out_of_credit,
       p.under_way_minor
  FROM partner p;
