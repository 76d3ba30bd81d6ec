-- Webhooks: addresses of operators' own programs that are told, signed, what happens in their network.

CREATE TABLE alert_hook (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    name       text        NOT NULL CHECK (name <> ''),
    url        text        NOT NULL CHECK (length(url) <= 500),
    events     text[]      NOT NULL CHECK (cardinality(events) > 0),
    secret     text        NOT NULL,
    old_secret text,                        -- signs too, for a while after a change
    old_until  timestamptz,
    paused_at  timestamptz,                 -- its owner or its program ("gone") wants nothing now
    heard_at   timestamptz,
    trouble    text        NOT NULL DEFAULT '',
    made_at    timestamptz NOT NULL,
    CHECK ((old_secret IS NULL) = (old_until IS NULL))
);
CREATE INDEX alert_hook_party ON alert_hook (party_id);
SELECT protect('alert_hook');

CREATE TABLE alert_hook_event (
    id       uuid        PRIMARY KEY,       -- made of what happened: told twice it is one
    number   bigint      GENERATED ALWAYS AS IDENTITY,   -- a lower one was made before
    hook_id  uuid        NOT NULL REFERENCES alert_hook ON DELETE CASCADE,
    party_id uuid        NOT NULL REFERENCES party,
    kind     text        NOT NULL,
    subject  text        NOT NULL,
    body     text        NOT NULL,          -- what is sent, to the byte
    state    text        NOT NULL CHECK (state IN ('waiting', 'heard', 'dead')),
    made_at  timestamptz NOT NULL,
    next_at  timestamptz,
    tries    integer     NOT NULL DEFAULT 0,
    trouble  text        NOT NULL DEFAULT '',
    heard_at timestamptz,
    CHECK ((state = 'waiting') = (next_at IS NOT NULL)),
    CHECK ((state = 'heard') = (heard_at IS NOT NULL))
);
CREATE INDEX alert_hook_event_due ON alert_hook_event (next_at) WHERE state = 'waiting';
CREATE INDEX alert_hook_event_hook ON alert_hook_event (hook_id, number);
CREATE INDEX alert_hook_event_old ON alert_hook_event (made_at);
SELECT protect('alert_hook_event');

CREATE VIEW alert_hook_view WITH (security_invoker = true) AS
    SELECT id, party_id, name, url, events, old_until, paused_at, heard_at, trouble, made_at,
           made_at AS created_at,
           (SELECT count(*) FROM alert_hook_event e
             WHERE e.hook_id = h.id AND e.state = 'dead') AS dead
      FROM alert_hook h;

CREATE VIEW alert_hook_event_view WITH (security_invoker = true) AS
    SELECT id, number, hook_id, party_id, kind, subject, body, state, made_at,
           made_at AS created_at, next_at, tries, trouble, heard_at
      FROM alert_hook_event;
