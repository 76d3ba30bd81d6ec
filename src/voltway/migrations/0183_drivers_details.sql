-- What a person with an account keeps so that nothing is asked anew: their company for invoices, and
-- what they need at every place. A person is an address, as in driver_seat, and is known to no party.
-- Needs may say something of somebody's health: they are here only where they were kept on purpose.

CREATE TABLE person_details (
    email   text        PRIMARY KEY CHECK (email <> '' AND email = lower(email)),
    company jsonb,      -- what was typed for an invoice, by the names of its form
    always  boolean     NOT NULL DEFAULT false,  -- each charge of theirs gets that invoice
    needs   text[]      NOT NULL DEFAULT '{}',   -- by the names of the filters
    set_at  timestamptz NOT NULL,
    CHECK (NOT always OR company IS NOT NULL)
);
