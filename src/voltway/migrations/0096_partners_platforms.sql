-- What platforms of stand-alone payment terminals are told: sessions, CDRs, results of commands, terminals
-- (OCPI 2.3.0, modules sessions, cdrs, commands and payments).

-- Where a platform hears us, and the token that it gave us for that.
CREATE TABLE platform_line (
    provider_id uuid        PRIMARY KEY REFERENCES terminal_provider,
    party_id    uuid        NOT NULL REFERENCES party,
    url         text        NOT NULL,
    token       text        NOT NULL CHECK (length(token) BETWEEN 1 AND 300),
    heard_at    timestamptz,                     -- when it last answered
    trouble     text        NOT NULL DEFAULT ''
);
SELECT protect('platform_line');

-- Sessions that terminals of a platform pay, and when they were last told.
CREATE TABLE platform_session (
    session_id  uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    provider_id uuid        NOT NULL REFERENCES terminal_provider,
    psp_ref     text        NOT NULL,
    running     boolean     NOT NULL DEFAULT true,
    told_at     timestamptz NOT NULL
);
CREATE INDEX platform_session_running ON platform_session (told_at) WHERE running;
CREATE INDEX platform_session_of ON platform_session (provider_id, session_id);
SELECT protect('platform_session');

-- Orders to stations whose outcome a platform waits for, and where it wants to hear it.
CREATE TABLE platform_command (
    order_id    uuid        NOT NULL,
    url         text        NOT NULL,
    party_id    uuid        NOT NULL REFERENCES party,
    provider_id uuid        NOT NULL REFERENCES terminal_provider,
    asked_at    timestamptz NOT NULL,
    PRIMARY KEY (order_id, url)
);
SELECT protect('platform_command');

-- What platforms are told, in the order in which it happened; kept until they have heard it.
CREATE TABLE platform_push (
    id           uuid        PRIMARY KEY,
    number       bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    party_id     uuid        NOT NULL REFERENCES party,
    provider_id  uuid        NOT NULL REFERENCES terminal_provider,
    kind         text        NOT NULL,
    method       text        NOT NULL CHECK (method IN ('PUT', 'POST', 'PATCH')),
    path         text        NOT NULL,           -- below the platform's address
    subject      text        NOT NULL,
    once         text,                           -- what is told once for all
    body         text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    made_at      timestamptz NOT NULL,
    next_at      timestamptz NOT NULL,
    tries        integer     NOT NULL DEFAULT 0,
    trouble      text        NOT NULL DEFAULT '',
    delivered_at timestamptz,
    UNIQUE (provider_id, once)
);
CREATE INDEX platform_push_waiting ON platform_push (provider_id, subject, number)
    WHERE state = 'waiting';
CREATE INDEX platform_push_dead ON platform_push (provider_id, number) WHERE state = 'dead';
SELECT protect('platform_push');

CREATE VIEW platform_line_view WITH (security_invoker = true) AS
    SELECT l.provider_id, l.party_id, l.url, l.heard_at, l.trouble,
           (SELECT count(*) FROM platform_push w
             WHERE w.provider_id = l.provider_id AND w.state = 'waiting') AS waiting,
           (SELECT count(*) FROM platform_push d
             WHERE d.provider_id = l.provider_id AND d.state = 'dead') AS dead
      FROM platform_line l;

CREATE VIEW platform_push_view WITH (security_invoker = true) AS
    SELECT id, number, party_id, provider_id, kind, method, path, subject, body, state, made_at,
           next_at, tries, trouble, delivered_at
      FROM platform_push;
