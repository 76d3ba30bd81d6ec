-- What drivers paid before they charge. The balance is a sum of moves, each with its entry in the books;
-- what is reserved for charges under way is never spent twice (invariant 8).

CREATE TABLE prepaid (
    party_id          uuid   NOT NULL REFERENCES party,
    holder            uuid   NOT NULL,         -- a driver's id
    currency          text   NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    balance_minor     bigint NOT NULL DEFAULT 0 CHECK (balance_minor >= 0),
    reserved_minor    bigint NOT NULL DEFAULT 0,
    auto_below_minor  bigint CHECK (auto_below_minor > 0),   -- below this it tops itself up
    auto_amount_minor bigint CHECK (auto_amount_minor > 0),
    auto_method_id    uuid   REFERENCES payment_method,
    wrong_codes       int    NOT NULL DEFAULT 0,             -- vouchers that there are not
    wrong_since       timestamptz,
    PRIMARY KEY (party_id, holder),
    CHECK (reserved_minor BETWEEN 0 AND balance_minor),
    CHECK (num_nonnulls(auto_below_minor, auto_amount_minor, auto_method_id) IN (0, 3))
);
SELECT protect('prepaid');

CREATE TABLE prepaid_move (
    id            uuid        PRIMARY KEY,
    party_id      uuid        NOT NULL,
    holder        uuid        NOT NULL,
    kind          text        NOT NULL
                  CHECK (kind IN ('top_up', 'voucher', 'charge', 'refund', 'correction')),
    amount_minor  bigint      NOT NULL CHECK (amount_minor <> 0),
    balance_minor bigint      NOT NULL,        -- after it
    about         text        NOT NULL,        -- collection:…, voucher:…, payment:…
    said          text        NOT NULL DEFAULT '',
    once          text        NOT NULL,
    entry_id      uuid        NOT NULL,
    at            timestamptz NOT NULL,
    UNIQUE (party_id, once),
    FOREIGN KEY (party_id, holder) REFERENCES prepaid
);
CREATE INDEX prepaid_move_recent ON prepaid_move (party_id, holder, at DESC);
SELECT protect('prepaid_move');

-- What is reserved for one charge: to the payments, a hold of the provider “balance”.
CREATE TABLE prepaid_hold (
    id             uuid        PRIMARY KEY,
    party_id       uuid        NOT NULL,
    holder         uuid        NOT NULL,
    reference      text        NOT NULL,       -- our payment
    once           text        NOT NULL UNIQUE,
    amount_minor   bigint      NOT NULL CHECK (amount_minor > 0),
    captured_minor bigint      NOT NULL DEFAULT 0,
    refunded_minor bigint      NOT NULL DEFAULT 0,
    state          text        NOT NULL CHECK (state IN ('held', 'captured', 'voided')),
    opened_at      timestamptz NOT NULL,
    CHECK (captured_minor BETWEEN 0 AND amount_minor),
    CHECK (refunded_minor BETWEEN 0 AND captured_minor),
    CHECK ((state = 'captured') = (captured_minor > 0)),
    FOREIGN KEY (party_id, holder) REFERENCES prepaid
);
CREATE INDEX prepaid_hold_open ON prepaid_hold (party_id, holder) WHERE state = 'held';
SELECT protect('prepaid_hold');

CREATE VIEW prepaid_hold_view WITH (security_invoker = true) AS
    SELECT id, party_id, holder, reference, amount_minor, captured_minor, refunded_minor, state,
           opened_at
      FROM prepaid_hold;

CREATE VIEW prepaid_view WITH (security_invoker = true) AS
    SELECT p.party_id, p.holder, p.currency, p.balance_minor, p.reserved_minor,
           p.auto_below_minor, p.auto_amount_minor, p.auto_method_id, d.name, d.email,
           (SELECT max(m.at) FROM prepaid_move m
             WHERE m.party_id = p.party_id AND m.holder = p.holder) AS moved_at
      FROM prepaid p LEFT JOIN driver d ON d.id = p.holder;
