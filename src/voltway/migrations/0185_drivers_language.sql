-- The languages that a person chose: of the pages, and of documents and of what is sent to them. A
-- person is an address, as in driver_seat, and is known to no party.

CREATE TABLE person_language (
    email     text        PRIMARY KEY CHECK (email <> '' AND email = lower(email)),
    pages     text        CHECK (pages ~ '^[a-z]{2}$'),
    papers    text        CHECK (papers ~ '^[a-z]{2}$'),  -- where it is another one
    chosen_at timestamptz NOT NULL,
    CHECK (num_nonnulls(pages, papers) > 0)
);
