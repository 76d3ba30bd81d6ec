-- Months write themselves: for each party the day on which the statements and the settlements of the
-- month before are written, and the month that comes next.
CREATE TABLE month_schedule (
    party_id   uuid        NOT NULL REFERENCES party,
    kind       text        NOT NULL CHECK (kind IN ('statements', 'settlements')),
    is_on      boolean     NOT NULL,
    day        integer     NOT NULL CHECK (day BETWEEN 1 AND 28),
    next       date        NOT NULL CHECK (extract(day FROM next) = 1),
    changed_by text        NOT NULL,
    changed_at timestamptz NOT NULL,
    PRIMARY KEY (party_id, kind)
);
SELECT protect('month_schedule');

-- Whoever is here already has written the months that are over by hand: theirs begin with this one.
INSERT INTO month_schedule (party_id, kind, is_on, day, next, changed_by, changed_at)
SELECT p.id, k.kind, true, 3, date_trunc('month', now() AT TIME ZONE p.time_zone), 'Voltway', now()
  FROM party p
 CROSS JOIN (VALUES ('statements'), ('settlements')) AS k (kind);

-- What a run is for, where the house asked for it by itself: asked once.
ALTER TABLE bulk_run ADD COLUMN once text UNIQUE;

CREATE OR REPLACE VIEW bulk_run_view WITH (security_invoker = true) AS
    SELECT id, party_id, kind, month, locale, state, total, done, trouble, asked_by, asked_at,
           moved_at, done_at, once IS NOT NULL AS by_itself
      FROM bulk_run;

-- What a customer takes beside the PDF: nothing, or an XRechnung.
ALTER TABLE customer ADD COLUMN wants_xrechnung boolean NOT NULL DEFAULT false;

CREATE OR REPLACE VIEW customer_view WITH (security_invoker = true) AS
    SELECT c.id, c.party_id, c.name, c.street, c.postal_code, c.city, c.country, c.vat_id, c.email,
           c.reference, c.locale, c.is_business, c.due_days, c.created_at,
           (SELECT count(*) FROM customer_token t WHERE t.customer_id = c.id)::int AS tokens,
           c.wants_xrechnung
      FROM customer c;
