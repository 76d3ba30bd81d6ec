-- Alerts reach phones as texts (SMS) too, at a number that its owner proved to be theirs.

ALTER TABLE alert
    DROP CONSTRAINT alert_channel_check,
    ADD CONSTRAINT alert_channel_check CHECK (channel ~ '^[a-z_]+$');

-- A person's number: a person is an address, as in driver_seat, and is known to no party here.
CREATE TABLE alert_number (
    holder       text        PRIMARY KEY,
    number       text        NOT NULL CHECK (number ~ '^\+[1-9][0-9]{6,14}$'),   -- E.164
    verified_at  timestamptz NOT NULL,
    gone_at      timestamptz,                 -- it takes no texts (any more): none are sent to it
    last_trouble text
);

-- A code that was sent to a number whose owner shall prove that it is theirs.
CREATE TABLE alert_number_code (
    id      uuid        PRIMARY KEY,
    holder  text        NOT NULL,
    number  text        NOT NULL,
    code    text        NOT NULL CHECK (code ~ '^[0-9]{6}$'),
    wrong   integer     NOT NULL DEFAULT 0,   -- how often something else was typed
    made_at timestamptz NOT NULL,
    until   timestamptz NOT NULL
);
CREATE INDEX alert_number_code_holder ON alert_number_code (holder, made_at);
CREATE INDEX alert_number_code_number ON alert_number_code (number, made_at);

-- A text as its carrier has it: the parts that it is billed in, and the carrier's name for it. It is
-- here before the carrier is asked, so that a try after a lost answer looks first whether it went.
CREATE TABLE alert_text (
    id       uuid    PRIMARY KEY,
    alert_id uuid    NOT NULL REFERENCES alert ON DELETE CASCADE,
    party_id uuid    NOT NULL REFERENCES party,
    day      date    NOT NULL,                -- of the party: so many parts may go in one
    parts    integer NOT NULL,
    ref      text    UNIQUE,
    failed   boolean NOT NULL DEFAULT false   -- it did not arrive, and another may be tried
);
CREATE UNIQUE INDEX alert_text_one ON alert_text (alert_id) WHERE NOT failed;
CREATE INDEX alert_text_alert ON alert_text (alert_id);
CREATE INDEX alert_text_day ON alert_text (party_id, day);

SELECT protect('alert_text');
