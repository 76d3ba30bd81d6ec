-- Places that somebody marked who has an account, and whether they want to be told of what happens
-- there. A person is an address, as in driver_seat, and is known to no party here.

CREATE TABLE favourite (
    email       text        NOT NULL CHECK (email <> '' AND email = lower(email)),
    location_id uuid        NOT NULL REFERENCES location,
    tells       boolean     NOT NULL DEFAULT true,
    locale      text        NOT NULL,          -- in which they are told
    marked_at   timestamptz NOT NULL,
    PRIMARY KEY (email, location_id)
);
CREATE INDEX favourite_told ON favourite (location_id) WHERE tells;
