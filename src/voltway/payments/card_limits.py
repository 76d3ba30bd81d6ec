"""How much one card may do, everywhere and at one place: a stolen one does little harm.

A card is known by its provider's fingerprint of the number, and only when the hold stands; what is
too much is let go at once, and nothing starts. A party without a rule limits no card.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import LocationId, PartyId, new_id
from voltway.payments.model import Payment, Why
from voltway.runtime.work import Work

DAY: Final = timedelta(hours=24)
#: Why a hold was let go that was too much for its card.
TOO_MUCH: Final = (Why.CARD_OPEN, Why.CARD_OFTEN, Why.CARD_MONEY)


@dataclass(eq=False)
class LimitsNothing(Refusal):
    """Say at least one limit, as a whole number above zero; or take the rule away."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(eq=False)
class NotAPlaceOfYours(Refusal):
    """There is no such place."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class NoSuchLimit(Refusal):
    """There is no such limit of cards."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(frozen=True, slots=True, kw_only=True)
class CardRule:
    """What one card may do: holds at once, holds and money within 24 hours; ``None``: any."""

    open_max: int | None = None
    day_max: int | None = None
    minor_max: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CardUse:
    """What one card does, with the hold that is judged: holds that stand now, holds within 24
    hours, and the money of those: what was taken, or what is held still."""

    open: int
    day: int
    minor: int


def too_much(rule: CardRule, use: CardUse) -> Why | None:
    """What is beyond the rule, if anything; the limit itself is within."""
    if rule.open_max is not None and use.open > rule.open_max:
        return Why.CARD_OPEN
    if rule.day_max is not None and use.day > rule.day_max:
        return Why.CARD_OFTEN
    if rule.minor_max is not None and use.minor > rule.minor_max:
        return Why.CARD_MONEY
    return None


async def judge(work: Work, payment: Payment) -> Why | None:
    """What a hold that stands now is too much of. Two holds of one card are judged one after the
    other, whoever hears of them at the same time."""
    card = payment.card
    if card is None or card.fingerprint is None:
        return None
    rules = await work.all(
        """
        SELECT r.location_id, r.open_max, r.day_max, r.minor_max FROM card_rule r
         WHERE r.party_id = $1 AND (r.location_id IS NULL OR r.location_id = (
               SELECT e.location_id FROM evse_view e WHERE e.id = $2))
        """,
        payment.party,
        payment.evse,
    )
    if not rules:
        return None
    await work.run(
        "SELECT pg_advisory_xact_lock(hashtextextended($1, 0))",
        f"card:{payment.party}:{card.fingerprint}",
    )
    for row in rules:
        rule = CardRule(
            open_max=row["open_max"], day_max=row["day_max"], minor_max=row["minor_max"]
        )
        use = await _use(work, payment, card.fingerprint, row["location_id"])
        found = too_much(rule, use)
        if found is not None:
            return found
    return None


async def _use(work: Work, payment: Payment, fingerprint: str, location: UUID | None) -> CardUse:
    """This hold is counted whether it is kept already or not."""
    row = await work.one(
        """
        SELECT count(*) FILTER (WHERE p.hold_open)::int AS open, count(*)::int AS day,
               coalesce(sum(CASE WHEN p.hold_open THEN p.hold_minor ELSE p.captured_minor END),
                        0)::bigint AS minor
          FROM payment p
         WHERE p.party_id = $1 AND p.card_fingerprint = $2 AND p.held_at > $3 AND p.id <> $4
           AND (p.hold_open OR p.session_id IS NOT NULL) AND coalesce(p.why, '') <> ALL ($6)
           AND ($5::uuid IS NULL OR $5 = (
               SELECT e.location_id FROM evse_view e WHERE e.id = p.evse_id))
        """,
        payment.party,
        fingerprint,
        work.now - DAY,
        payment.id,
        location,
        TOO_MUCH,
    )
    assert row is not None, "a count always has a row"
    return CardUse(
        open=row["open"] + 1, day=row["day"] + 1, minor=row["minor"] + payment.hold_minor
    )


async def set_rule(
    work: Work, party: PartyId, location: LocationId | None, rule: CardRule, *, by: str
) -> None:
    """Set what one card may do at a place, or at all places together. Raises ``LimitsNothing``,
    ``NotAPlaceOfYours``."""
    limits = (rule.open_max, rule.day_max, rule.minor_max)
    if all(each is None for each in limits) or any(
        each is not None and each < 1 for each in limits
    ):
        raise LimitsNothing
    if location is not None and not await work.one(
        "SELECT id FROM location_view WHERE id = $1 AND party_id = $2", location, party
    ):
        raise NotAPlaceOfYours
    await work.run(
        """
        INSERT INTO card_rule
            (id, party_id, location_id, open_max, day_max, minor_max, set_by, set_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (party_id, location_id) DO UPDATE
           SET open_max = $4, day_max = $5, minor_max = $6, set_by = $7, set_at = $8
        """,
        new_id(work.now),
        party,
        location,
        *limits,
        by,
        work.now,
    )


async def take_away(work: Work, id: UUID) -> None:
    await work.run("DELETE FROM card_rule WHERE id = $1", id)


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRule:
    """A rule as it is shown; without a place it is for all places together."""

    id: UUID
    place: str | None
    location: UUID | None
    rule: CardRule
    set_by: str


async def rules_of(work: Work, party: PartyId) -> Sequence[KeptRule]:
    rows = await work.all(
        """
        SELECT r.id, l.name AS place, r.location_id, r.open_max, r.day_max, r.minor_max, r.set_by
          FROM card_rule r LEFT JOIN location_view l ON l.id = r.location_id
         WHERE r.party_id = $1 ORDER BY r.location_id IS NOT NULL, l.name
        """,
        party,
    )
    return [
        KeptRule(
            id=row["id"],
            place=row["place"],
            location=row["location_id"],
            rule=CardRule(
                open_max=row["open_max"], day_max=row["day_max"], minor_max=row["minor_max"]
            ),
            set_by=row["set_by"],
        )
        for row in rows
    ]


async def refused_lately(work: Work, party: PartyId) -> int:
    """How many holds were let go within 24 hours because their card did too much."""
    row = await work.one(
        """
        SELECT count(*)::int AS n FROM payment
         WHERE party_id = $1 AND held_at > $2 AND why = ANY ($3)
        """,
        party,
        work.now - DAY,
        TOO_MUCH,
    )
    assert row is not None, "a count always has a row"
    return int(row["n"])
