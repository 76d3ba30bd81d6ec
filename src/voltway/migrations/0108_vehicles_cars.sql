-- Cars: those that drivers keep in their account, what charges with a token now, and what was learned.

-- A car in somebody's account. A person is an address, and may be a driver of several parties, so
-- these rows are of no party.
CREATE TABLE vehicle (
    id         uuid        PRIMARY KEY,
    email      text        NOT NULL CHECK (email <> '' AND email = lower(email)),
    model_id   uuid        NOT NULL,
    is_default boolean     NOT NULL,
    made_at    timestamptz NOT NULL
);
CREATE INDEX vehicle_email ON vehicle (email);
CREATE UNIQUE INDEX vehicle_default ON vehicle (email) WHERE is_default;

-- The car that charges by a token, and to how much its driver wants to fill it. For a guest, whose
-- token is made for one visit, it is all that is known of the car.
CREATE TABLE token_car (
    party_id       uuid        NOT NULL REFERENCES party,
    token          text        NOT NULL,
    model_id       uuid        NOT NULL,
    vehicle_id     uuid,
    target_percent smallint    NOT NULL CHECK (target_percent BETWEEN 1 AND 100),
    at             timestamptz NOT NULL,
    PRIMARY KEY (party_id, token)
);
CREATE INDEX token_car_at ON token_car (at);
SELECT protect('token_car');

-- What sessions taught of a vehicle or a model: Wh at the meter for a percent of charge, and W at each
-- percent from 0 to 100 (0: not known). It names no person, and no party.
CREATE TABLE car_learned (
    subject_id     uuid        PRIMARY KEY,   -- a vehicle, or a model
    wh_per_percent real        NOT NULL CHECK (wh_per_percent > 0),
    watts          real[]      NOT NULL CHECK (cardinality(watts) = 101),
    sessions       integer     NOT NULL CHECK (sessions > 0),
    cars           integer     NOT NULL CHECK (cars > 0),   -- how many different cars taught it
    at             timestamptz NOT NULL
);
