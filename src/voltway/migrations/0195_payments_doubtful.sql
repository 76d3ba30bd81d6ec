-- Starts that came to nothing lately: from them the bays are found that are doubtful (``payments.starts``).
CREATE INDEX payment_nothing_started ON payment (created_at) INCLUDE (evse_id)
    WHERE why = 'nothing_started';
