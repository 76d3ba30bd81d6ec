-- What somebody is told they are told in the words that held when it was queued, however often it is
-- tried: so own words are kept as they were, and a text as it was first handed to its carrier.

ALTER TABLE alert_wording
    ADD COLUMN until_at timestamptz,       -- other words hold since then, or the house's
    DROP CONSTRAINT alert_wording_pkey,
    ADD PRIMARY KEY (party_id, event, language, changed_at);
CREATE UNIQUE INDEX alert_wording_now ON alert_wording (party_id, event, language)
    WHERE until_at IS NULL;

CREATE OR REPLACE VIEW alert_wording_view WITH (security_invoker = true) AS
    SELECT party_id, event, language, title, body, changed_at, changed_by FROM alert_wording
     WHERE until_at IS NULL;

ALTER TABLE alert_text
    ADD COLUMN words text;                 -- while nobody knows whether the carrier took them
