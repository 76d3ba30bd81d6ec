-- What somebody reads by opening a page is found by them, not among all alerts that lead to such a page.
DROP INDEX alert_unread;
CREATE INDEX alert_unread ON alert (holder, (facts ->> 'page'))
    WHERE channel = 'push' AND read_at IS NULL AND state IN ('sent', 'delivered');

-- Texts of waits by the wait.
CREATE INDEX alert_texted ON alert (about) WHERE channel = 'sms';

-- Addresses and numbers that guests and who waited left, as long as they stand there.
CREATE INDEX alert_left ON alert (holder)
    WHERE channel IN ('mail', 'sms') AND recipient <> '-' AND holder LIKE '%:%';
