-- Alerts go by several channels: an alert is one delivery by one of them. What happened is its
-- event, to whom it is told its holder: a person by their address, or a guest by their visit.

ALTER TABLE alert
    DROP CONSTRAINT alert_channel_check,
    ADD CONSTRAINT alert_channel_check CHECK (channel IN ('mail', 'push', 'webhook')),
    DROP CONSTRAINT alert_state_check,
    ADD CONSTRAINT alert_state_check
        CHECK (state IN ('queued', 'sent', 'delivered', 'failed', 'dropped')),
    DROP CONSTRAINT alert_check,
    ADD CONSTRAINT alert_sent CHECK (state NOT IN ('sent', 'delivered') OR sent_at IS NOT NULL),
    ADD COLUMN event  text CHECK (event ~ '^[a-z_]+$'),
    ADD COLUMN about  text NOT NULL DEFAULT '',   -- what it happened to: session:…, station:…
    ADD COLUMN facts  jsonb,                      -- what its words name, as a person reads it
    ADD COLUMN holder text,
    ADD COLUMN too_late_at timestamptz,           -- from then on nobody wants to know any more
    ADD COLUMN delivered_at timestamptz,
    ADD CONSTRAINT alert_event CHECK ((template = 'event') = (event IS NOT NULL)),
    ADD CONSTRAINT alert_facts CHECK ((event IS NULL) = (facts IS NULL));
CREATE INDEX alert_told ON alert (holder, event, about, created_at) WHERE event IS NOT NULL;

CREATE OR REPLACE VIEW alert_view WITH (security_invoker = true) AS
    SELECT id, party_id, channel, recipient, template, locale, payment_id, invoice_id, state, tries,
           created_at, next_try_at, sent_at, last_trouble, with_xml, event, about, facts, holder,
           too_late_at, delivered_at
      FROM alert;

-- A browser that shows alerts (RFC 8030): where its push service takes them, and the keys that only
-- it can read by (RFC 8291). A person is an address, as in driver_seat, and is known to no party here.
CREATE TABLE alert_device (
    id           uuid        PRIMARY KEY,
    holder       text        NOT NULL,
    endpoint     text        NOT NULL CHECK (length(endpoint) <= 2000),
    p256dh       text        NOT NULL,
    auth         text        NOT NULL,
    label        text        NOT NULL,
    made_at      timestamptz NOT NULL,
    gone_at      timestamptz,                 -- the push service says that it is no more
    last_trouble text,
    UNIQUE (holder, endpoint)
);

-- What a person wants to know and how; what is not here is as the event has it.
CREATE TABLE alert_wish (
    holder  text    NOT NULL,
    event   text    NOT NULL,
    channel text    NOT NULL,
    wanted  boolean NOT NULL,
    PRIMARY KEY (holder, event, channel)
);

-- When a person wants to be left alone, in their own time of day; the link in their mails that ends
-- these without signing in.
CREATE TABLE alert_person (
    holder      text PRIMARY KEY,
    time_zone   text NOT NULL DEFAULT 'UTC',
    quiet_from  time,
    quiet_until time,
    leave_key   text NOT NULL UNIQUE,
    CHECK ((quiet_from IS NULL) = (quiet_until IS NULL))
);

-- The key by which push services know that it is us (VAPID, RFC 8292). There is one, for ever:
-- browsers are bound to it.
CREATE TABLE alert_push_key (
    is_only boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    pem     text    NOT NULL
);
