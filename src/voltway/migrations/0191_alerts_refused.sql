-- A push service may refuse our key (RFC 8292 §4.2): for one browser, which is bound to another key,
-- or for all, and then the trouble is ours. What it takes otherwise says which.

ALTER TABLE alert_device
    ADD COLUMN refused_at timestamptz,   -- since when our key is refused for it
    ADD COLUMN asked_at   timestamptz,   -- when that was said last
    ADD CONSTRAINT alert_device_refused CHECK ((refused_at IS NULL) = (asked_at IS NULL));
CREATE INDEX alert_device_refused_at ON alert_device (split_part(endpoint, '/', 3))
    WHERE refused_at IS NOT NULL;

-- By its host, when it last took an alert that we signed, to five minutes.
CREATE TABLE alert_push_service (
    server  text        PRIMARY KEY,
    took_at timestamptz NOT NULL
);
