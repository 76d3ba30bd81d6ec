-- What markets ask per kWh, from when to when, keyed in UTC. A row is never changed: a correction is
-- one more row, and which of them counts for a session is decided by when each was told.

CREATE TABLE spot_price (
    party_id uuid        NOT NULL REFERENCES party,
    series   text        NOT NULL CHECK (series <> ''),
    begins   timestamptz NOT NULL,
    ends     timestamptz NOT NULL,
    price    numeric     NOT NULL,      -- per kWh, before mark-up and tax; less than 0 occurs
    currency text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    told_at  timestamptz NOT NULL,
    PRIMARY KEY (party_id, series, begins, told_at),
    CHECK (begins < ends)
);

CREATE TRIGGER spot_price_stays BEFORE UPDATE OR DELETE OR TRUNCATE ON spot_price
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change_of_a_tariff();

CREATE VIEW spot_series_view WITH (security_invoker = true) AS
SELECT party_id, series, min(currency) AS currency, min(begins) AS begins, max(ends) AS ends,
       count(DISTINCT begins)::int AS prices, max(told_at) AS told_at
  FROM spot_price
 GROUP BY party_id, series;

CREATE VIEW spot_price_view WITH (security_invoker = true) AS
SELECT party_id, series, begins, ends, price, currency, told_at
  FROM spot_price;

SELECT protect('spot_price');
