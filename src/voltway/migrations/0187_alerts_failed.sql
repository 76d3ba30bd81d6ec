-- The wall says what lately did not reach people.
CREATE INDEX alert_failed ON alert (party_id, created_at) WHERE state = 'failed';
