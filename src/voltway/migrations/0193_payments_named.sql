-- Up to when a provider's reports have named all the money that it took: from there on it is looked
-- for what they have not named (payments.unreported), so that this does not grow with the years.
CREATE TABLE payout_named (
    party_id  uuid        NOT NULL REFERENCES party,
    provider  text        NOT NULL,
    until     timestamptz NOT NULL,
    PRIMARY KEY (party_id, provider)
);
SELECT protect('payout_named');
INSERT INTO payout_named (party_id, provider, until)
    SELECT party_id, provider, min(at) FROM payout_line GROUP BY party_id, provider;
CREATE VIEW payout_named_view WITH (security_invoker = true) AS
    SELECT party_id, provider, until FROM payout_named;
