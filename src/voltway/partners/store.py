"""Partners and their contracts, as rows."""

from collections.abc import Collection, Mapping
from uuid import UUID

from voltway.drivers.model import TokenKind
from voltway.kernel.ids import FleetId, PartyId, StationId, TokenId, TokenUid
from voltway.kernel.money import Currency
from voltway.partners.model import Allowed, Answer, Asked, Partner, Whitelist
from voltway.runtime.work import Row, Work


async def add(work: Work, partner: Partner) -> bool:
    """Keep a new partner; whether its name and its ident were free."""
    return bool(
        await work.run(
            """
            INSERT INTO partner (id, party_id, name, country_code, ident, currency,
                                 credit_limit_minor, customer_id, fleet_id, url, secret, created_at)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
                ON CONFLICT DO NOTHING
            """,
            partner.id,
            partner.party,
            partner.name,
            partner.country_code,
            partner.ident,
            partner.currency,
            partner.credit_limit_minor,
            partner.customer,
            partner.fleet,
            partner.url,
            partner.secret,
            partner.created_at,
        )
    )


async def change(
    work: Work, id: UUID, *, url: str, credit_limit_minor: int | None, secret: str | None
) -> bool:
    """Another address, limit, or (where there is one) secret; whether there is such a partner."""
    return bool(
        await work.run(
            """
            UPDATE partner SET url = $2, credit_limit_minor = $3, secret = coalesce($4, secret)
             WHERE id = $1
            """,
            id,
            url,
            credit_limit_minor,
            secret,
        )
    )


async def one(work: Work, id: UUID, *, lock: bool = False) -> Partner | None:
    row = await work.one(f"SELECT * FROM partner WHERE id = $1 {'FOR UPDATE' if lock else ''}", id)
    return _partner(row) if row else None


async def by_id(work: Work, ids: Collection[UUID]) -> Mapping[UUID, Partner]:
    rows = await work.all("SELECT * FROM partner WHERE id = ANY($1::uuid[])", list(ids))
    return {row["id"]: _partner(row) for row in rows}


async def all_ids(work: Work) -> list[UUID]:
    return [row["id"] for row in await work.all("SELECT id FROM partner ORDER BY id")]


async def of_customer(work: Work, customers: Collection[UUID]) -> Mapping[UUID, Partner]:
    rows = await work.all(
        "SELECT * FROM partner WHERE customer_id = ANY($1::uuid[])", list(customers)
    )
    return {row["customer_id"]: _partner(row) for row in rows}


async def of_key(work: Work, key: UUID) -> Partner | None:
    row = await work.one(
        """
        SELECT p.* FROM partner_key k JOIN partner p ON p.id = k.partner_id WHERE k.key_id = $1
        """,
        key,
    )
    return _partner(row) if row else None


async def keep_key(work: Work, partner: Partner, key: UUID) -> None:
    await work.run(
        "INSERT INTO partner_key (key_id, party_id, partner_id) VALUES ($1, $2, $3)",
        key,
        partner.party,
        partner.id,
    )


async def keys_of(work: Work, partner: UUID) -> set[UUID]:
    rows = await work.all("SELECT key_id FROM partner_key WHERE partner_id = $1", partner)
    return {row["key_id"] for row in rows}


async def owed(work: Work, partner: Partner) -> int:
    """What the books say that a partner owes, in minor units of its currency: on statements, and
    for charges that stand on none yet, which are booked by token."""
    row = await work.one(
        """
        SELECT coalesce(sum(a.balance_minor), 0)::bigint AS minor
          FROM account_view a
         WHERE a.party_id = $1 AND a.currency = $2
           AND a.account IN (SELECT 'customer:' || $3::text || ':receivable'
                              UNION ALL
                             SELECT 'driver:' || token_id || ':receivable'
                               FROM partner_contract WHERE partner_id = $4)
        """,
        partner.party,
        partner.currency,
        str(partner.customer),
        partner.id,
    )
    assert row is not None, "a sum is always given"
    minor: int = row["minor"]
    return minor


async def under_way(work: Work, partner: UUID) -> int:
    """What charges cost so far that are not in the books yet, in minor units, as they were told
    last. Those that came into the books are looked at no more."""
    await work.run(
        """
        UPDATE partner_session p SET booked = true
         WHERE p.partner_id = $1 AND NOT p.booked AND NOT p.running
           AND EXISTS (SELECT FROM settlement_view s
                        WHERE s.session_id = p.session_id
                          AND (s.state = 'done' OR 'post' = ANY(s.route[1:s.done])))
        """,
        partner,
    )
    row = await work.one(
        """
        SELECT coalesce(sum(so_far_minor), 0)::bigint AS minor
          FROM partner_session WHERE partner_id = $1 AND NOT booked
        """,
        partner,
    )
    assert row is not None, "a sum is always given"
    minor: int = row["minor"]
    return minor


async def note_owed(work: Work, partner: UUID, owed_minor: int, under_way_minor: int) -> None:
    await work.run(
        "UPDATE partner SET owed_minor = $2, under_way_minor = $3 WHERE id = $1",
        partner,
        owed_minor,
        under_way_minor,
    )


async def note_heard(work: Work, partner: UUID, trouble: str) -> None:
    """Its platform answered (no trouble), or why it is taken for silent."""
    await work.run(
        """
        UPDATE partner SET trouble = $2, heard_at = CASE WHEN $2 = '' THEN $3 ELSE heard_at END
         WHERE id = $1
        """,
        partner,
        trouble[:200],
        work.now,
    )


async def whose(work: Work, token: TokenId) -> UUID | None:
    """Whose contract a token is, also one that was removed; the row is locked."""
    row = await work.one(
        "SELECT partner_id FROM partner_contract WHERE token_id = $1 FOR UPDATE", token
    )
    return row["partner_id"] if row else None


async def keep_contract(
    work: Work,
    partner: Partner,
    token: TokenId,
    *,
    whitelist: Whitelist,
    visual_number: str | None,
    valid: bool,
) -> None:
    """As it was put just now. What the partner said of it before counts no more."""
    await work.run(
        """
        INSERT INTO partner_contract
               (token_id, party_id, partner_id, whitelist, visual_number, valid, updated_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
            ON CONFLICT (token_id) DO UPDATE
           SET whitelist = $4, visual_number = $5, valid = $6, updated_at = $7, removed_at = NULL,
               answer = NULL, answered_at = NULL, limit_minor = NULL, limit_wh = NULL
        """,
        token,
        partner.party,
        partner.id,
        whitelist.value,
        visual_number,
        valid,
        work.now,
    )


async def remove_contract(work: Work, token: TokenId) -> bool:
    return bool(
        await work.run(
            """
            UPDATE partner_contract SET removed_at = $2, updated_at = $2, answer = NULL
             WHERE token_id = $1 AND removed_at IS NULL
            """,
            token,
            work.now,
        )
    )


async def contract(work: Work, partner: UUID, token: TokenId) -> Row | None:
    """What is registered of a token, as the view shows it, where it is not removed."""
    return await work.one(
        """
        SELECT * FROM partner_contract_view
         WHERE partner_id = $1 AND id = $2 AND removed_at IS NULL
        """,
        partner,
        token,
    )


async def tokens_of(work: Work, partner: UUID) -> list[TokenId]:
    rows = await work.all(
        "SELECT token_id FROM partner_contract WHERE partner_id = $1 ORDER BY token_id", partner
    )
    return [TokenId(row["token_id"]) for row in rows]


async def asked(work: Work, token: TokenId) -> Asked | None:
    """All that is needed to ask about a token, where it is a partner's."""
    row = await work.one(
        """
        SELECT p.*, c.token_id, c.whitelist, c.answer, c.answered_at, v.uid, v.kind,
               coalesce(v.contract, '') AS contract
          FROM partner_contract c
          JOIN partner_contract_view v ON v.id = c.token_id
          JOIN partner p ON p.id = c.partner_id
         WHERE c.token_id = $1 AND c.removed_at IS NULL
        """,
        token,
    )
    if row is None:
        return None
    return Asked(
        partner=_partner(row),
        token=TokenId(row["token_id"]),
        uid=TokenUid(row["uid"]),
        kind=TokenKind(row["kind"]),
        contract=row["contract"],
        whitelist=Whitelist(row["whitelist"]),
        answer=Allowed(row["answer"]) if row["answer"] else None,
        answered_at=row["answered_at"],
    )


async def note_answer(work: Work, token: TokenId, answer: Answer) -> None:
    await work.run(
        """
        UPDATE partner_contract
           SET answer = $2, answered_at = $3, limit_minor = $4, limit_wh = $5
         WHERE token_id = $1
        """,
        token,
        answer.allowed.value,
        work.now,
        answer.limit_minor,
        answer.limit_wh,
    )


async def limits(work: Work, token: TokenId) -> tuple[int | None, int | None]:
    """What a partner allowed of the next session: minor units, and watt-hours."""
    row = await work.one(
        "SELECT limit_minor, limit_wh FROM partner_contract WHERE token_id = $1", token
    )
    return (row["limit_minor"], row["limit_wh"]) if row else (None, None)


async def running_at(work: Work, token: TokenId, station: StationId) -> list[UUID]:
    """The running sessions of a token at a station."""
    rows = await work.all(
        """
        SELECT s.id FROM session_view s
          JOIN partner_contract_view c
            ON c.party_id = s.party_id AND lower(c.uid) = lower(s.token_uid)
         WHERE c.id = $1 AND s.station_id = $2 AND s.running
        """,
        token,
        station,
    )
    return [row["id"] for row in rows]


def _partner(row: Row) -> Partner:
    return Partner(
        id=row["id"],
        party=PartyId(row["party_id"]),
        name=row["name"],
        country_code=row["country_code"],
        ident=row["ident"],
        currency=Currency(row["currency"]),
        credit_limit_minor=row["credit_limit_minor"],
        customer=row["customer_id"],
        fleet=FleetId(row["fleet_id"]),
        url=row["url"],
        secret=row["secret"],
        created_at=row["created_at"],
    )
