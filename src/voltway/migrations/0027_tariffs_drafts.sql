-- Tariffs that somebody still writes at. A draft is typed text, kept as it was typed; what is
-- published from it is a version, which never changes.

CREATE TABLE tariff_draft (
    id         uuid        PRIMARY KEY,
    party_id   uuid        NOT NULL REFERENCES party,
    fields     jsonb       NOT NULL,
    base       text,                       -- the document that it began from, for what no field shows
    revision   integer     NOT NULL DEFAULT 1 CHECK (revision > 0),
    saved_by   text        NOT NULL,
    saved_at   timestamptz NOT NULL,
    created_at timestamptz NOT NULL
);
CREATE INDEX tariff_draft_party ON tariff_draft (party_id, saved_at);

CREATE VIEW tariff_draft_view WITH (security_invoker = true) AS
SELECT id, party_id, fields->>'id' AS tariff_ident, revision, saved_by, saved_at, created_at
  FROM tariff_draft;

SELECT protect('tariff_draft');
