-- What lasts and somebody must look after: told to operators until one of them says that they do, and
-- told again when it is over. What it is about stands in the rooms; here is what was told of it.

CREATE TABLE alert_trouble (
    id       uuid        PRIMARY KEY,
    party_id uuid        NOT NULL REFERENCES party,
    source   text        NOT NULL CHECK (source ~ '^[a-z_]+$'),  -- where is looked whether it is so
    event    text        NOT NULL CHECK (event ~ '^[a-z_]+$'),
    about    text        NOT NULL,
    ends     text        CHECK (ends ~ '^[a-z_]+$'),             -- the event that tells its end
    facts    jsonb       NOT NULL,
    newest   timestamptz,                 -- when the newest came of what it is made of
    began_at timestamptz NOT NULL,
    told_at  timestamptz NOT NULL,
    told     integer     NOT NULL CHECK (told > 0),              -- so often since it began
    taken_by text,
    taken_at timestamptz,
    over_at  timestamptz,
    UNIQUE (party_id, event, about),
    CHECK ((taken_by IS NULL) = (taken_at IS NULL))
);
CREATE INDEX alert_trouble_over ON alert_trouble (over_at) WHERE over_at IS NOT NULL;
SELECT protect('alert_trouble');

CREATE VIEW alert_trouble_view WITH (security_invoker = true) AS
    SELECT id, party_id, source, event, about, ends, facts, began_at, told_at, told, taken_by,
           taken_at, over_at
      FROM alert_trouble;

-- What waits in the old letters is told anew: it is still so, and no trouble is known yet.
UPDATE alert
   SET state = 'dropped', next_try_at = NULL, last_trouble = 'It is told as an event now.'
 WHERE template IN ('books', 'payments') AND state = 'queued';
