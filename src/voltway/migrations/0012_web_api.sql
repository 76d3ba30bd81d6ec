-- The API's answers to requests that carried an Idempotency-Key: asked again, given again.

CREATE TABLE api_answer (
    party_id     uuid        NOT NULL REFERENCES party,
    key_id       uuid        NOT NULL,            -- the API key that asked
    once         text        NOT NULL CHECK (length(once) BETWEEN 1 AND 255),
    request_hash bytea       NOT NULL,
    began_at     timestamptz NOT NULL,
    ended_at     timestamptz,                     -- NULL: under way, or we died before the end
    status       integer,
    headers      jsonb,
    nonce        bytea,
    body         bytea,                           -- sealed with the caller's key, which we have not
    PRIMARY KEY (key_id, once),
    CHECK ((ended_at IS NULL) = (body IS NULL))
);
CREATE INDEX api_answer_began ON api_answer (began_at);
SELECT protect('api_answer');
