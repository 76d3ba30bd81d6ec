-- A bank may want back a top-up or a bill that was paid by card, as it may a charge. What it takes leaves the
-- payer's balance, or is owed by the payer again, or is our cost: never more of it than was paid in.

ALTER TABLE dispute
    ALTER COLUMN payment_id DROP NOT NULL,
    ADD COLUMN collection_id     uuid   REFERENCES collection,
    ADD COLUMN balance_minor     bigint NOT NULL DEFAULT 0 CHECK (balance_minor >= 0),  -- left the balance
    ADD COLUMN debt_minor        bigint NOT NULL DEFAULT 0 CHECK (debt_minor >= 0),     -- the payer owes since
    ADD COLUMN ours_minor        bigint NOT NULL DEFAULT 0 CHECK (ours_minor >= 0),     -- our cost
    ADD COLUMN owed_minor        bigint NOT NULL DEFAULT 0 CHECK (owed_minor >= 0),     -- of a top-up, still
    ADD COLUMN forgiven_minor    bigint NOT NULL DEFAULT 0 CHECK (forgiven_minor >= 0), -- of it, written off
    ADD COLUMN taken_entry_id    uuid,       -- of the books: of top-ups and bills alone
    ADD COLUMN returned_entry_id uuid,
    ADD CHECK (num_nonnulls(payment_id, collection_id) = 1),
    ADD CHECK (owed_minor + forgiven_minor <= debt_minor),
    ADD CHECK (collection_id IS NULL OR taken_at IS NULL
               OR balance_minor + debt_minor + ours_minor = amount_minor);
CREATE INDEX dispute_collection ON dispute (collection_id) WHERE collection_id IS NOT NULL;
CREATE INDEX dispute_owed ON dispute (collection_id) WHERE owed_minor > 0;

ALTER TABLE prepaid_move DROP CONSTRAINT prepaid_move_kind_check;
ALTER TABLE prepaid_move ADD CONSTRAINT prepaid_move_kind_check
    CHECK (kind IN ('top_up', 'voucher', 'charge', 'refund', 'correction', 'paid_back', 'disputed',
                    'won_back', 'owed'));

CREATE OR REPLACE VIEW dispute_view WITH (security_invoker = true) AS
    SELECT d.id, d.party_id, d.payment_id, d.provider, d.ref, d.state, d.is_warning, d.amount_minor,
           d.currency, d.reason, d.opened_at, d.answer_by, d.looked_at, d.taken_at, d.returned_at,
           d.sent_at, d.sent_by, d.collection_id, d.balance_minor, d.debt_minor, d.ours_minor,
           d.owed_minor, d.forgiven_minor, d.taken_entry_id, d.returned_entry_id,
           c.purpose, c.holder, c.about, c.description, c.amount_minor AS collected_minor
      FROM dispute d LEFT JOIN collection c ON c.id = d.collection_id;

CREATE OR REPLACE VIEW prepaid_view WITH (security_invoker = true) AS
    SELECT p.party_id, p.holder, p.currency, p.balance_minor, p.reserved_minor,
           p.auto_below_minor, p.auto_amount_minor, p.auto_method_id, d.name, d.email,
           (SELECT max(m.at) FROM prepaid_move m
             WHERE m.party_id = p.party_id AND m.holder = p.holder) AS moved_at,
           (SELECT coalesce(sum(w.owed_minor), 0)::bigint
              FROM dispute w JOIN collection c ON c.id = w.collection_id
             WHERE w.owed_minor > 0 AND c.party_id = p.party_id AND c.holder = p.holder)
               AS owed_minor
      FROM prepaid p LEFT JOIN driver d ON d.id = p.holder;
