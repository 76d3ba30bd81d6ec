-- Before a bank stops reading, somebody is told again: within two days, and within half a day.
ALTER TABLE dispute
    ADD COLUMN warned_h smallint CHECK (warned_h IN (48, 12));  -- the last warning, in hours before
CREATE INDEX dispute_due ON dispute (answer_by) WHERE state = 'asks' AND sent_at IS NULL;
