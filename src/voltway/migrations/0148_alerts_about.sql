-- Who was told of a disruption or of planned work is told that it is over: they are found by what they
-- were told of.
CREATE INDEX alert_about ON alert (about) WHERE event IN ('disruption', 'work_planned');
