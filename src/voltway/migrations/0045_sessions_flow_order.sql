-- What was said of one moment is in the order in which it was said: by the station's own number of it
-- (OCPP 2.0.1, TransactionEvent, seqNo), or as it came.

ALTER TABLE session_state
    ADD COLUMN seq     integer,                              -- none: the version numbers nothing (1.6)
    ADD COLUMN arrival bigint GENERATED ALWAYS AS IDENTITY;  -- of those already kept, as they lie
