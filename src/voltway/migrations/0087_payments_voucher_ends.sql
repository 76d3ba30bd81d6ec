-- When what nobody redeemed of a series left the books.

ALTER TABLE voucher_series ADD COLUMN closed_at timestamptz;
CREATE INDEX voucher_series_open ON voucher_series (valid_until) WHERE closed_at IS NULL;

CREATE OR REPLACE VIEW voucher_series_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.name, s.amount_minor, s.currency, s.count, s.is_sold,
           s.valid_until, s.made_by, s.made_at, s.withdrawn_at,
           (SELECT count(*) FROM voucher v
             WHERE v.series_id = s.id AND v.redeemed_at IS NOT NULL)::int AS redeemed,
           s.closed_at
      FROM voucher_series s;
