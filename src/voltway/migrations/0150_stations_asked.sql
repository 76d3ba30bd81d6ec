-- Which stations were asked whether they can be reserved, and as what they stood then.

CREATE TABLE station_asked (
    station_id uuid        PRIMARY KEY REFERENCES station,
    party_id   uuid        NOT NULL REFERENCES party,
    asked_at   timestamptz NOT NULL,
    stood_as   text        NOT NULL  -- version and firmware: with others it is asked anew
);
SELECT protect('station_asked');

CREATE INDEX station_order_reserve ON station_order (station_id, number) WHERE kind = 'ReserveNow';
