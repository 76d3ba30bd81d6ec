"""The SQL of saved ways to pay."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from voltway.kernel.ids import PartyId, TokenId
from voltway.kernel.money import Currency
from voltway.payments.model import PaymentState
from voltway.payments.model_methods import Method, MethodId, Saving, SavingStage
from voltway.payments.provider import Card, SavedMethod
from voltway.runtime.work import Row, Work


async def add_saving(work: Work, saving: Saving) -> None:
    await work.run(
        """
        INSERT INTO method_saving (id, party_id, holder, provider, state, currency, return_url,
                                   cancel_url, begun_at, looked_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)
        """,
        saving.id,
        saving.party,
        saving.holder,
        saving.provider,
        saving.stage.value,
        saving.currency,
        saving.return_url,
        saving.cancel_url,
        saving.begun_at,
    )


async def opened_since(work: Work, party: PartyId, holder: UUID, since: datetime) -> int:
    """How many pages a holder opened since."""
    row = await work.one(
        """
        SELECT count(*) AS pages FROM method_saving
         WHERE party_id = $1 AND holder = $2 AND begun_at > $3
        """,
        party,
        holder,
        since,
    )
    assert row is not None, "a count gives a row"
    return int(row["pages"])


async def forget_address(work: Work, email: str, over: Collection[PaymentState]) -> None:
    await work.run(
        "UPDATE payment SET email = NULL WHERE lower(email) = $1 AND state = ANY($2::text[])",
        email.lower(),
        list(over),
    )


async def saving(work: Work, id: UUID) -> Saving | None:
    row = await work.one("SELECT * FROM method_saving WHERE id = $1", id)
    return None if row is None else _saving(row)


async def lock_saving(work: Work, id: UUID) -> Saving:
    row = await work.one("SELECT * FROM method_saving WHERE id = $1 FOR UPDATE", id)
    assert row is not None, "it was noted before it was asked for"
    return _saving(row)


async def move_saving(work: Work, saving: Saving) -> None:
    await work.run(
        """
        UPDATE method_saving
           SET state = $2, provider_ref = $3, hosted_url = $4, why = $5, method_id = $6,
               ended_at = $7
         WHERE id = $1
        """,
        saving.id,
        saving.stage.value,
        saving.ref,
        saving.hosted_url,
        saving.why,
        saving.method,
        saving.ended_at,
    )


async def open_savings(work: Work, before: datetime) -> list[Saving]:
    """Pages that are not over and were last looked at before this, the longest ago first."""
    rows = await work.all(
        """
        SELECT * FROM method_saving WHERE ended_at IS NULL AND looked_at <= $1
         ORDER BY looked_at LIMIT 100
        """,
        before,
    )
    return [_saving(row) for row in rows]


async def looked(work: Work, id: UUID) -> None:
    await work.run("UPDATE method_saving SET looked_at = $2 WHERE id = $1", id, work.now)


async def customer_of(work: Work, party: PartyId, holder: UUID, provider: str) -> str | None:
    """The provider's name for a holder who has saved something there before."""
    row = await work.one(
        """
        SELECT customer_ref FROM payment_method
         WHERE party_id = $1 AND holder = $2 AND provider = $3 ORDER BY saved_at DESC LIMIT 1
        """,
        party,
        holder,
        provider,
    )
    return None if row is None else str(row["customer_ref"])


async def add_method(work: Work, method: Method) -> MethodId:
    """Keep a method, or find the one that it is already."""
    row = await work.one(
        """
        INSERT INTO payment_method (id, party_id, holder, provider, customer_ref, method_ref,
                                    card_brand, card_last4, card_wallet, is_default, saved_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
            ON CONFLICT (party_id, provider, method_ref) DO UPDATE SET saved_at = excluded.saved_at
        RETURNING id
        """,
        method.id,
        method.party,
        method.holder,
        method.provider,
        method.saved.customer,
        method.saved.method,
        method.card.brand if method.card else None,
        method.card.last4 if method.card else None,
        method.card.wallet if method.card else None,
        method.is_default,
        method.saved_at,
    )
    assert row is not None, "an upsert gives a row"
    return MethodId(row["id"])


async def of_holder(work: Work, party: PartyId, holder: UUID) -> list[Method]:
    """Not those that were forgotten; the default first, then the newest."""
    rows = await work.all(
        """
        SELECT * FROM payment_method
         WHERE party_id = $1 AND holder = $2 AND forgotten_at IS NULL
         ORDER BY is_default DESC, saved_at DESC
        """,
        party,
        holder,
    )
    return [_method(row) for row in rows]


async def method(work: Work, id: MethodId) -> Method:
    """A method, also one that was forgotten."""
    row = await work.one("SELECT * FROM payment_method WHERE id = $1", id)
    assert row is not None, "what a payment is paid by is kept"
    return _method(row)


async def paying_for(work: Work, tokens: dict[TokenId, UUID]) -> dict[TokenId, Method]:
    """What pays for charges with these tokens, each with its holder: its own method, or else the
    holder's default."""
    if not tokens:
        return {}
    rows = await work.all(
        """
        SELECT DISTINCT ON (w.token) w.token, m.*
          FROM unnest($1::uuid[], $2::uuid[]) AS w (token, holder)
          LEFT JOIN token_method t ON t.token_id = w.token
          JOIN payment_method m
            ON m.holder = w.holder AND m.forgotten_at IS NULL
           AND (m.id = t.method_id OR m.is_default)
         ORDER BY w.token, (m.id = t.method_id) DESC NULLS LAST
        """,
        list(tokens),
        list(tokens.values()),
    )
    return {TokenId(row["token"]): _method(row) for row in rows}


async def make_default(work: Work, party: PartyId, holder: UUID, id: MethodId) -> None:
    await work.run(
        """
        UPDATE payment_method SET is_default = false
         WHERE party_id = $1 AND holder = $2 AND is_default AND id <> $3
        """,
        party,
        holder,
        id,
    )
    await work.run("UPDATE payment_method SET is_default = true WHERE id = $1", id)


async def pay_by(work: Work, party: PartyId, token: TokenId, id: MethodId | None) -> None:
    if id is None:
        await work.run("DELETE FROM token_method WHERE token_id = $1", token)
        return
    await work.run(
        """
        INSERT INTO token_method (token_id, party_id, method_id) VALUES ($1, $2, $3)
            ON CONFLICT (token_id) DO UPDATE SET method_id = excluded.method_id
        """,
        token,
        party,
        id,
    )


async def of_tokens(work: Work, tokens: Collection[TokenId]) -> dict[TokenId, MethodId]:
    """The methods of their own that tokens have."""
    rows = await work.all(
        "SELECT token_id, method_id FROM token_method WHERE token_id = ANY($1::uuid[])",
        list(tokens),
    )
    return {TokenId(row["token_id"]): MethodId(row["method_id"]) for row in rows}


async def forget(work: Work, id: MethodId) -> None:
    await work.run("DELETE FROM token_method WHERE method_id = $1", id)
    await work.run(
        "UPDATE payment_method SET is_default = false, forgotten_at = $2 WHERE id = $1",
        id,
        work.now,
    )


async def remember(work: Work, id: MethodId) -> None:
    """It pays again, where it was forgotten."""
    await work.run(
        "UPDATE payment_method SET forgotten_at = NULL, let_go_at = NULL WHERE id = $1", id
    )


async def let_go(work: Work, id: MethodId) -> None:
    await work.run("UPDATE payment_method SET let_go_at = $2 WHERE id = $1", id, work.now)


async def is_paying(work: Work, id: MethodId) -> bool:
    """Whether a hold stands on it that is not at its end."""
    row = await work.one(
        """
        SELECT EXISTS (
            SELECT FROM payment
             WHERE method_id = $1
               AND (hold_open OR state IN ('asked', 'unknown', 'held', 'capturing'))) AS is
        """,
        id,
    )
    assert row is not None
    return bool(row["is"])


async def leaving(work: Work) -> list[Method]:
    """Those that are charged no more and that their providers have not forgotten."""
    rows = await work.all(
        """
        SELECT * FROM payment_method WHERE forgotten_at IS NOT NULL AND let_go_at IS NULL
         ORDER BY forgotten_at LIMIT 100
        """
    )
    return [_method(row) for row in rows]


async def refused(work: Work, id: MethodId, why: str | None) -> None:
    """Note that its bank said no; ``None`` where it pays again."""
    await work.run(
        "UPDATE payment_method SET refused = $2, refused_at = $3 WHERE id = $1",
        id,
        why,
        None if why is None else work.now,
    )


def _method(row: Row) -> Method:
    card = None
    if row["card_last4"] is not None:
        card = Card(row["card_brand"], row["card_last4"], row["card_wallet"])
    return Method(
        id=MethodId(row["id"]),
        party=PartyId(row["party_id"]),
        holder=row["holder"],
        provider=row["provider"],
        saved=SavedMethod(row["customer_ref"], row["method_ref"]),
        card=card,
        is_default=row["is_default"],
        saved_at=row["saved_at"],
        refused_at=row["refused_at"],
        refused=row["refused"],
    )


def _saving(row: Row) -> Saving:
    return Saving(
        id=row["id"],
        party=PartyId(row["party_id"]),
        holder=row["holder"],
        provider=row["provider"],
        currency=Currency(row["currency"]),
        return_url=row["return_url"],
        cancel_url=row["cancel_url"],
        begun_at=row["begun_at"],
        stage=SavingStage(row["state"]),
        ref=row["provider_ref"],
        hosted_url=row["hosted_url"],
        why=row["why"],
        method=MethodId(row["method_id"]) if row["method_id"] else None,
        ended_at=row["ended_at"],
    )
