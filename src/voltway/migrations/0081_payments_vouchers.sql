-- Vouchers: codes of a value that a driver puts on a prepaid balance. The codes are kept as hashes alone.

CREATE TABLE voucher_series (
    id           uuid        PRIMARY KEY,
    party_id     uuid        NOT NULL REFERENCES party,
    name         text        NOT NULL CHECK (name <> ''),
    amount_minor bigint      NOT NULL CHECK (amount_minor > 0),  -- of each
    currency     text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    count        int         NOT NULL CHECK (count BETWEEN 1 AND 10000),
    is_sold      boolean     NOT NULL,         -- somebody paid for all of them; else they are gifts
    valid_until  timestamptz NOT NULL,
    made_by      text        NOT NULL,
    made_at      timestamptz NOT NULL,
    withdrawn_at timestamptz                   -- what is not redeemed by then is worth nothing
);
CREATE INDEX voucher_series_recent ON voucher_series (party_id, made_at DESC);
SELECT protect('voucher_series');

CREATE TABLE voucher (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    series_id   uuid        NOT NULL REFERENCES voucher_series,
    code_hash   bytea       NOT NULL UNIQUE,
    redeemed_by uuid,                          -- the holder of the balance
    redeemed_at timestamptz,
    CHECK ((redeemed_by IS NULL) = (redeemed_at IS NULL))
);
CREATE INDEX voucher_of_series ON voucher (series_id);
SELECT protect('voucher');

CREATE VIEW voucher_series_view WITH (security_invoker = true) AS
    SELECT s.id, s.party_id, s.name, s.amount_minor, s.currency, s.count, s.is_sold,
           s.valid_until, s.made_by, s.made_at, s.withdrawn_at,
           (SELECT count(*) FROM voucher v
             WHERE v.series_id = s.id AND v.redeemed_at IS NOT NULL)::int AS redeemed
      FROM voucher_series s;
