-- Operators who were told that a station is offline or that a bay has a fault are told that it is over:
-- whether somebody was is found by what they were told of.
CREATE INDEX alert_operators_about ON alert (about)
    WHERE event IN ('station_offline', 'port_faulted');
