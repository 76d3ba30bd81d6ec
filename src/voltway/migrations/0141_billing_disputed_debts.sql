-- A bill that a card paid is unpaid again when its bank takes that back, and paid again when it gives it back.
ALTER TABLE debt_move DROP CONSTRAINT debt_move_kind_check;
ALTER TABLE debt_move ADD CONSTRAINT debt_move_kind_check
    CHECK (kind IN ('bank', 'card', 'credit', 'write_off', 'back', 'disputed', 'won_back'));
