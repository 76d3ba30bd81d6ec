-- Addresses whose mails come back for good: a party sends nothing more there until somebody wishes it.

CREATE TABLE alert_bounce (
    party_id uuid        NOT NULL REFERENCES party,
    address  text        NOT NULL CHECK (address = lower(address)),
    at       timestamptz NOT NULL,
    why      text        NOT NULL,
    PRIMARY KEY (party_id, address)
);
CREATE INDEX alert_bounce_address ON alert_bounce (address);
SELECT protect('alert_bounce');
CREATE INDEX alert_mailed ON alert (party_id, lower(recipient)) WHERE channel = 'mail';

CREATE VIEW alert_bounce_view WITH (security_invoker = true) AS
    SELECT b.address, b.at, b.why, b.party_id,
           (SELECT count(*) FROM alert a
             WHERE a.party_id = b.party_id AND a.channel = 'mail'
               AND lower(a.recipient) = b.address) AS mails
      FROM alert_bounce b;
