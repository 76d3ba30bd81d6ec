-- Cars that show themselves (Autocharge): the address of the car's own network interface is its token.

ALTER TABLE token DROP CONSTRAINT token_kind_check;
ALTER TABLE token ADD CONSTRAINT token_kind_check
    CHECK (kind IN ('rfid', 'app', 'ad_hoc', 'contract', 'vehicle'));

-- A car that nobody has registered, and where it was shown last.
CREATE TABLE car_seen (
    party_id   uuid        NOT NULL REFERENCES party,
    mac        text        NOT NULL CHECK (mac ~ '^[0-9A-F]{12}$'),
    station_id uuid        NOT NULL,
    at         timestamptz NOT NULL,
    PRIMARY KEY (party_id, mac)
);
CREATE INDEX car_seen_at ON car_seen (station_id, at);
SELECT protect('car_seen');

CREATE VIEW car_seen_view WITH (security_invoker = true) AS
    SELECT party_id, mac, station_id, at FROM car_seen;
