-- Read is more than shown: a phone in a bag shows, and a person reads. Who was shown an alert and did
-- not read it is told by text or mail.

ALTER TABLE alert ADD COLUMN read_at timestamptz;
CREATE INDEX alert_unread ON alert ((facts ->> 'page')) WHERE channel = 'push' AND read_at IS NULL;

CREATE OR REPLACE VIEW alert_view WITH (security_invoker = true) AS
    SELECT id, party_id, channel, recipient, template, locale, payment_id, invoice_id, state, tries,
           created_at, next_try_at, sent_at, last_trouble, with_xml, event, about, facts, holder,
           too_late_at, delivered_at, read_at
      FROM alert;

-- Where a guest wants to be told of one charge by mail, by their visit; forgotten with it.
CREATE TABLE alert_guest_mail (
    holder  text        PRIMARY KEY CHECK (holder LIKE 'visit:%'),
    email   text        NOT NULL,
    left_at timestamptz NOT NULL
);
CREATE INDEX alert_guest_mail_email ON alert_guest_mail (lower(email));

-- A browser whose push service gave it another address says its old one.
CREATE INDEX alert_device_endpoint ON alert_device (endpoint);
