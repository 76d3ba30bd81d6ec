-- How much one card may do, so that a stolen one does little harm. By the provider's fingerprint.

CREATE TABLE card_rule (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    location_id uuid        REFERENCES location,   -- at this place; NULL: at all places together
    open_max    int         CHECK (open_max > 0),  -- holds at once
    day_max     int         CHECK (day_max > 0),   -- holds within 24 hours
    minor_max   bigint      CHECK (minor_max > 0), -- within 24 hours, in the party's currency
    set_by      text        NOT NULL,
    set_at      timestamptz NOT NULL,
    UNIQUE NULLS NOT DISTINCT (party_id, location_id),
    CHECK (num_nonnulls(open_max, day_max, minor_max) > 0)
);
SELECT protect('card_rule');

-- What one card did lately.
CREATE INDEX payment_card_lately ON payment (party_id, card_fingerprint, held_at)
    WHERE card_fingerprint IS NOT NULL;
