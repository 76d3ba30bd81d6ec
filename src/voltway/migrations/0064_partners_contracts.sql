-- Partners: EV makers and mobility providers whose platforms pay for what is charged on their contracts.
-- A partner is a customer of the party, who gets its statements, and a fleet, by which its price is found.

CREATE TABLE partner (
    id                  uuid        PRIMARY KEY,
    party_id            uuid        NOT NULL REFERENCES party,
    name                text        NOT NULL CHECK (name <> ''),
    country_code        text        NOT NULL CHECK (country_code ~ '^[A-Z]{2}$'),
    ident               text        NOT NULL CHECK (ident ~ '^[A-Z0-9]{3}$'),   -- OCPI party_id
    currency            text        NOT NULL CHECK (currency ~ '^[A-Z]{3}$'),
    credit_limit_minor  bigint      CHECK (credit_limit_minor > 0),             -- none: no limit
    customer_id         uuid        NOT NULL UNIQUE REFERENCES customer,
    fleet_id            uuid        NOT NULL UNIQUE REFERENCES fleet,
    url                 text        NOT NULL,        -- where its platform hears us
    secret              text        NOT NULL,        -- both sides sign with it
    created_at          timestamptz NOT NULL,
    owed_minor          bigint      NOT NULL DEFAULT 0,
    heard_at            timestamptz,                 -- when its platform last answered
    trouble             text        NOT NULL DEFAULT '',
    UNIQUE (party_id, name),
    UNIQUE (party_id, country_code, ident)
);
SELECT protect('partner');

-- Which keys are whose: a key of the role “partner” is of one partner, and is good for nothing else.
CREATE TABLE partner_key (
    key_id     uuid PRIMARY KEY REFERENCES api_key,
    party_id   uuid NOT NULL REFERENCES party,
    partner_id uuid NOT NULL REFERENCES partner
);
SELECT protect('partner_key');

-- What a partner registered, one row for each token; a removed one can be registered again.
CREATE TABLE partner_contract (
    token_id      uuid        PRIMARY KEY REFERENCES token,
    party_id      uuid        NOT NULL REFERENCES party,
    partner_id    uuid        NOT NULL REFERENCES partner,
    whitelist     text        NOT NULL
                  CHECK (whitelist IN ('ALWAYS', 'ALLOWED', 'ALLOWED_OFFLINE', 'NEVER')),
    visual_number text,
    valid         boolean     NOT NULL,
    removed_at    timestamptz,
    updated_at    timestamptz NOT NULL,
    answer        text,                              -- the partner's last word, and since when
    answered_at   timestamptz,
    limit_minor   bigint      CHECK (limit_minor >= 0),   -- of the session that it was asked for
    limit_wh      bigint      CHECK (limit_wh >= 0)
);
CREATE INDEX partner_contract_of ON partner_contract (partner_id, token_id);
SELECT protect('partner_contract');

-- Sessions that partners pay for, and what of them was told last.
CREATE TABLE partner_session (
    session_id  uuid        PRIMARY KEY,
    party_id    uuid        NOT NULL REFERENCES party,
    partner_id  uuid        NOT NULL REFERENCES partner,
    token_id    uuid        NOT NULL,
    limit_minor bigint,
    limit_wh    bigint,
    running     boolean     NOT NULL DEFAULT true,
    stopped_at  timestamptz,                         -- when we asked for its end at the limit
    told_at     timestamptz NOT NULL
);
CREATE INDEX partner_session_of ON partner_session (partner_id, session_id);
CREATE INDEX partner_session_running ON partner_session (told_at) WHERE running;
SELECT protect('partner_session');

-- What partners are told, in the order in which it happened; kept until they have heard it.
CREATE TABLE partner_event (
    id           uuid        PRIMARY KEY,
    number       bigint      GENERATED ALWAYS AS IDENTITY UNIQUE,
    party_id     uuid        NOT NULL REFERENCES party,
    partner_id   uuid        NOT NULL REFERENCES partner,
    kind         text        NOT NULL,
    subject      text        NOT NULL,
    once         text,                               -- what is told once for all
    body         text        NOT NULL,
    state        text        NOT NULL CHECK (state IN ('waiting', 'delivered', 'dead')),
    made_at      timestamptz NOT NULL,
    next_at      timestamptz NOT NULL,
    tries        integer     NOT NULL DEFAULT 0,
    trouble      text        NOT NULL DEFAULT '',
    delivered_at timestamptz,
    UNIQUE (partner_id, once)
);
CREATE INDEX partner_event_waiting ON partner_event (partner_id, number) WHERE state = 'waiting';
CREATE INDEX partner_event_of ON partner_event (partner_id, number);
SELECT protect('partner_event');

CREATE VIEW partner_view WITH (security_invoker = true) AS
SELECT p.id, p.party_id, p.name, p.country_code, p.ident, p.currency, p.credit_limit_minor,
       p.customer_id, p.fleet_id, p.url, p.created_at, p.owed_minor, p.heard_at, p.trouble,
       coalesce(p.owed_minor >= p.credit_limit_minor, false) AS out_of_credit
  FROM partner p;

CREATE VIEW partner_contract_view WITH (security_invoker = true) AS
SELECT c.token_id AS id, c.party_id, c.partner_id, t.uid, t.kind, t.label, t.status, t.valid_until,
       t.bars, k.ident AS contract, c.whitelist, c.visual_number, c.valid, c.removed_at, c.updated_at,
       c.answer, c.answered_at
  FROM partner_contract c
  JOIN token_view t ON t.id = c.token_id
  LEFT JOIN contract_view k ON k.id = t.contract_id;

CREATE VIEW partner_session_view WITH (security_invoker = true) AS
SELECT p.session_id AS id, p.party_id, p.partner_id, p.token_id, p.told_at
  FROM partner_session p;

CREATE VIEW partner_event_view WITH (security_invoker = true) AS
SELECT e.id, e.number, e.party_id, e.partner_id, e.kind, e.subject, e.body, e.state, e.made_at,
       e.next_at, e.tries, e.trouble, e.delivered_at
  FROM partner_event e;
