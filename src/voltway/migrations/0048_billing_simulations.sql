-- Many past sessions under a draft of a tariff, priced by a job: how far it is, and what it came to.

CREATE TABLE tariff_simulation (
    id          uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    document    text        NOT NULL,      -- the draft, as it was given
    first_day   date        NOT NULL,
    last_day    date        NOT NULL,
    location_id uuid,
    state       text        NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'stopped')),
    total       integer     NOT NULL CHECK (total >= 0),
    done        integer     NOT NULL CHECK (done >= 0),
    outcome     jsonb,                     -- sums, days, and the sessions that would change most
    trouble     text,
    asked_by    text        NOT NULL,
    asked_at    timestamptz NOT NULL,
    done_at     timestamptz,
    CHECK (first_day <= last_day),
    CHECK ((outcome IS NOT NULL) = (state = 'done'))
);
CREATE INDEX tariff_simulation_party ON tariff_simulation (party_id, asked_at);

SELECT protect('tariff_simulation');
