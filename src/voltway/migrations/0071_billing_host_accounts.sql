-- Where a host is paid, if not from the bank by hand: an account of theirs at a payment provider.

ALTER TABLE host ADD COLUMN transfer_provider text;
ALTER TABLE host ADD COLUMN transfer_account  text;
ALTER TABLE host ADD CONSTRAINT host_transfers
    CHECK ((transfer_provider IS NULL) = (transfer_account IS NULL));

CREATE OR REPLACE VIEW host_view WITH (security_invoker = true) AS
    SELECT h.id, h.party_id, h.name, h.street, h.postal_code, h.city, h.country, h.vat_id, h.email,
           h.locale, h.pay_days, h.created_at,
           (SELECT count(DISTINCT a.location_id) FROM host_agreement a
             WHERE a.host_id = h.id)::int AS places,
           h.transfer_provider, h.transfer_account
      FROM host h;
