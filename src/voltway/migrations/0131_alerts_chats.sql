-- Chats of operators that are told what happens in their network.

CREATE TABLE alert_chat (
    id       uuid        PRIMARY KEY,
    party_id uuid        NOT NULL REFERENCES party,
    name     text        NOT NULL CHECK (name <> ''),
    address  text        NOT NULL,          -- with its secrets: shown to nobody again
    shown    text        NOT NULL,          -- the same without them
    events   text[]      NOT NULL CHECK (cardinality(events) > 0),
    made_at  timestamptz NOT NULL
);
CREATE INDEX alert_chat_party ON alert_chat (party_id);
SELECT protect('alert_chat');

CREATE VIEW alert_chat_view WITH (security_invoker = true) AS
    SELECT id, party_id, name, shown, events, made_at FROM alert_chat;
