-- A hold may grow while the car charges, where the bank of its card lets it.

ALTER TABLE payment_step DROP CONSTRAINT payment_step_verb_check;
ALTER TABLE payment_step ADD CONSTRAINT payment_step_verb_check
    CHECK (verb IN ('hold', 'increase', 'capture', 'release', 'refund'));

ALTER TABLE payment ADD COLUMN can_grow boolean NOT NULL DEFAULT false;
