"""What can be done about promotion codes: make one, hold it for a visit, use it up, let it go.

A code is held in the work that opens the visit, under a lock on the code: so no race gives it to
more drivers than may use it. It is used up in the work that freezes the session's CDR, and let go
where the visit ends without one.
"""

import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, SessionId, TokenUid, new_id
from voltway.parties import actions as parties
from voltway.runtime.work import Row, Work
from voltway.tariffs import store_promotions
from voltway.tariffs.model_promotions import Claim, Grant, GrantKind, Promotion

CODE: Final = re.compile(r"[A-Z0-9-]{3,24}", re.ASCII)
VALUE_MAX: Final = Decimal(100_000)


class CodeRefused(Refusal):
    """A code that cannot be used here and now."""


@dataclass(eq=False)
class NoSuchCode(CodeRefused):
    """There is no code {typed}. Look at it again, or leave the field empty."""

    kind = Kind.INVALID

    typed: str


@dataclass(eq=False)
class CodeNotNow(CodeRefused):
    """The code {typed} does not hold at this moment."""

    typed: str


@dataclass(eq=False)
class CodeUsedUp(CodeRefused):
    """The code {typed} was used as often as it may be."""

    typed: str


@dataclass(eq=False)
class CodeUsedByYou(CodeRefused):
    """You have used the code {typed} as often as one driver may."""

    typed: str


@dataclass(eq=False)
class CodeForKnown(CodeRefused):
    """The code {typed} is counted for each driver: give your e-mail, by which we count."""

    kind = Kind.INVALID

    typed: str


@dataclass(eq=False)
class NotACode(Refusal):
    """This cannot be a promotion code: {why}."""

    kind = Kind.INVALID

    why: str


@dataclass(eq=False)
class CodeTaken(Refusal):
    """There is already a code {typed}. One that was used never changes; make another."""

    typed: str


async def add(
    work: Work,
    party: PartyId,
    code: str,
    kind: GrantKind,
    value: Decimal,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    uses_max: int | None = None,
    per_driver_max: int | None = None,
) -> Promotion:
    """A new code, which holds from now or from later on."""
    written = code.strip().upper()
    if not CODE.fullmatch(written):
        raise NotACode("it must have 3 to 24 letters, digits or hyphens")
    if kind not in (GrantKind.AMOUNT, GrantKind.PERCENT, GrantKind.ENERGY):
        raise NotACode("only a plan frees starts and minutes")
    if not 0 < value <= VALUE_MAX or (kind is GrantKind.PERCENT and value > 100):
        raise NotACode("what it takes off must be more than nothing, and at most 100 percent")
    if kind is GrantKind.ENERGY and value * 1000 != int(value * 1000):
        raise NotACode("free energy is counted in whole watt-hours")
    for most in (uses_max, per_driver_max):
        if most is not None and not 0 < most < 2**31:
            raise NotACode("a number of uses must be at least 1")
    begins = since or work.now
    if until is not None and until <= begins:
        raise NotACode("it would end before it begins")
    made = Promotion(
        id=new_id(work.now),
        party=party,
        code=written,
        kind=kind,
        value=value,
        currency=(await parties.party(work, party)).currency,
        since=begins,
        until=until,
        uses_max=uses_max,
        per_driver_max=per_driver_max,
        created_at=work.now,
    )
    if not await store_promotions.add(work, made):
        raise CodeTaken(written)
    return made


async def claim(
    work: Work, party: PartyId, code: str, *, token: TokenUid, driver: str | None
) -> Claim:
    """Hold a code for the visit of this token. ``driver`` is how we know somebody again."""
    written = _written(code)
    found = await store_promotions.lock(work, party, written) if written else None
    known = driver.strip().lower() if driver else None
    found = await _usable(work, found, code, known)
    if found.per_driver_max is not None and not known:
        raise CodeForKnown(found.code)
    made = Claim(
        id=new_id(work.now),
        party=party,
        promotion=found.id,
        token=token,
        driver=known,
        claimed_at=work.now,
    )
    await store_promotions.keep_claim(work, made)
    return made


async def looked_at(work: Work, party: PartyId, code: str) -> Grant:
    """What a code would take off that somebody typed; nothing is held. Raises what ``claim`` does,
    but that it does not ask who it is."""
    written = _written(code)
    found = await store_promotions.named(work, party, written) if written else None
    found = await _usable(work, found, code, None)
    return Grant(kind=found.kind, value=found.value, name=found.code, source=found.id)


def _written(code: str) -> str:
    """A code as it is kept; nothing where none can be so called."""
    written = code.strip().upper()[:40]
    return written if CODE.fullmatch(written) else ""


async def _usable(work: Work, found: Promotion | None, typed: str, driver: str | None) -> Promotion:
    """The code, if it holds now and was not used as often as it may be."""
    if found is None:
        written = typed.strip().upper()[:40]
        raise NoSuchCode(written if written.isprintable() else "")
    if not found.holds_at(work.now):
        raise CodeNotNow(found.code)
    of_all, of_one = await store_promotions.counted(work, found.id, driver)
    if found.uses_max is not None and of_all >= found.uses_max:
        raise CodeUsedUp(found.code)
    if found.per_driver_max is not None and driver and of_one >= found.per_driver_max:
        raise CodeUsedByYou(found.code)
    return found


async def grants_of(
    work: Work, shown: Collection[tuple[PartyId, TokenUid]]
) -> Mapping[tuple[PartyId, TokenUid], Grant]:
    """What is taken off the sessions of these visits, as far as they hold a code."""
    return await store_promotions.grants(work, shown) if shown else {}


async def used_by(work: Work, sessions: Collection[SessionId]) -> Mapping[SessionId, Grant]:
    """What was taken off these sessions when they were billed."""
    return await store_promotions.used_by(work, sessions) if sessions else {}


def parted(grants: Sequence[Grant]) -> tuple[tuple[Grant, ...], tuple[Grant, ...]]:
    """What codes gave, and what a plan did."""
    return (
        tuple(each for each in grants if not each.plan),
        tuple(each for each in grants if each.plan),
    )


async def use_up(work: Work, used: Mapping[Grant, SessionId]) -> None:
    """These sessions had something taken off: their codes are used, once."""
    if used:
        await store_promotions.use(
            work, {grant.source: session for grant, session in used.items()}, work.now
        )


async def let_go(work: Work, party: PartyId, token: TokenUid) -> None:
    """The visit is over. A code that its session did not use may be used by somebody else."""
    await store_promotions.release(work, party, token, work.now)


async def of_driver(work: Work, driver: str) -> Sequence[Row]:
    """The codes that a driver, known by their address, holds or used: ``code``, ``claimed_at`` and
    ``used_at``."""
    return await store_promotions.of_driver(work, driver)


async def forget_person(work: Work, driver: str) -> None:
    """Codes stay used; nobody is known by them any more."""
    await store_promotions.forget_driver(work, driver)
