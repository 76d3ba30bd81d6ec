-- How drivers sign in: by a code that is mailed to them. A person is an address; what they are to each
-- party, its own rows say.

-- A code that was asked for. It is good for some minutes and one use, and is forgotten then.
CREATE TABLE driver_code (
    id      uuid        PRIMARY KEY,
    email   text        NOT NULL CHECK (email <> '' AND email = lower(email)),
    code    text        NOT NULL CHECK (code ~ '^[0-9]{8}$'),
    source  text        NOT NULL,             -- from where it was asked for
    wrong   integer     NOT NULL DEFAULT 0,   -- how often something else was typed
    made_at timestamptz NOT NULL,
    until   timestamptz NOT NULL
);
CREATE INDEX driver_code_email ON driver_code (email, made_at);
CREATE INDEX driver_code_source ON driver_code (source, made_at);

-- A browser in which somebody has signed in; the token itself is kept there alone.
CREATE TABLE driver_seat (
    token_sha256 bytea       PRIMARY KEY,
    email        text        NOT NULL,
    made_at      timestamptz NOT NULL,
    until        timestamptz NOT NULL
);
CREATE INDEX driver_seat_email ON driver_seat (email);
CREATE INDEX driver_email ON driver (lower(email)) WHERE email IS NOT NULL;
