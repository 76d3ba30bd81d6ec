-- A party's own words for what people are told, over the house's.

CREATE TABLE alert_wording (
    party_id   uuid        NOT NULL REFERENCES party,
    event      text        NOT NULL CHECK (event ~ '^[a-z_]+$'),
    language   text        NOT NULL CHECK (language ~ '^[a-z]{2}$'),
    title      text        NOT NULL CHECK (title <> ''),
    body       text        NOT NULL CHECK (body <> ''),
    changed_at timestamptz NOT NULL,
    changed_by text        NOT NULL,
    PRIMARY KEY (party_id, event, language)
);
SELECT protect('alert_wording');

CREATE VIEW alert_wording_view WITH (security_invoker = true) AS
    SELECT party_id, event, language, title, body, changed_at, changed_by FROM alert_wording;
