"""What can be done about tokens."""

import secrets
from collections.abc import Collection, Container, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import ClassVar, TypeVar
from uuid import UUID

from voltway.drivers import rules, store, when_where
from voltway.drivers.model import Bar, Shown, Token, TokenKind, TokenStatus
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import DriverId, PartyId, StationId, TokenId, TokenUid, new_id
from voltway.runtime.work import Work

T = TypeVar("T", PartyId, StationId)

#: Kinds of 2.x that show nobody: no token opens a station by being absent (2.0.1 part 2,
#: IdTokenEnumType).
_SHOWS_NOBODY = frozenset({"noauthorization"})


@dataclass(eq=False)
class TokenTaken(Refusal):
    """There is already a token {uid}."""

    uid: TokenUid


@dataclass(eq=False)
class NoSuchToken(Refusal):
    """There is no token {token}."""

    kind: ClassVar[Kind] = Kind.ABSENT

    token: TokenId


async def add_token(
    work: Work,
    party: PartyId,
    uid: str,
    *,
    kind: TokenKind = TokenKind.RFID,
    label: str = "",
    valid_until: datetime | None = None,
    tariff_version_id: UUID | None = None,
    email: str | None = None,
) -> Token:
    """A new token of a party, if the party has none that is written alike."""
    token = Token(
        id=TokenId(new_id(work.now)),
        party=party,
        uid=rules.checked(uid),
        kind=kind,
        label=label.strip(),
        status=TokenStatus.ACTIVE,
        created_at=work.now,
        valid_until=valid_until,
        tariff_version_id=tariff_version_id,
        email=email,
    )
    alike = rules.sameness(token.uid)
    if kind is TokenKind.CONTRACT:  # its check digit may be left out
        alike = rules.emaid_of(token.uid) or alike
    if not await store.add(work, token, alike):
        raise TokenTaken(token.uid)
    return token


async def make_ad_hoc_token(
    work: Work,
    party: PartyId,
    tariff_version_id: UUID | None,
    valid_until: datetime | None,
    *,
    known: TokenUid | None = None,
) -> TokenUid:
    """A token for one visit of a guest, with the price that the guest was shown; the ``known`` one,
    where a token was made for them before they paid.

    Sixteen capital hexadecimal digits: some stations cut or garble longer ones, and some refuse
    what is no hexadecimal number (quirks A-001, A-007). No card has a uid of eight bytes.
    """
    if known is not None and await store.price(work, party, known, tariff_version_id, valid_until):
        return known
    token = await add_token(
        work,
        party,
        secrets.token_hex(8).upper(),
        kind=TokenKind.AD_HOC,
        label="Guest",
        valid_until=valid_until,
        tariff_version_id=tariff_version_id,
    )
    return token.uid


async def block(work: Work, token: TokenId) -> Token:
    return await _become(work, token, TokenStatus.BLOCKED)


async def unblock(work: Work, token: TokenId) -> Token:
    return await _become(work, token, TokenStatus.ACTIVE)


async def bar(work: Work, tokens: Collection[TokenId], why: Bar) -> list[TokenId]:
    """Let these tokens open no station while this bar stands; those for whom that is new. The
    operator's own ``block`` is another thing, and neither undoes the other."""
    return await store.bar(work, tokens, why) if tokens else []


async def unbar(work: Work, tokens: Collection[TokenId], why: Bar) -> list[TokenId]:
    """Lift this one bar; those that had it. What else bars them stands."""
    return await store.lift(work, tokens, why) if tokens else []


async def put_on_account(
    work: Work, tokens: Collection[TokenId], *, on_account: bool = True
) -> None:
    """Somebody pays for what these charge, or nobody does any more."""
    await store.set_on_account(work, tokens, on_account)


async def expire(work: Work, token: TokenId) -> Token:
    """Its use is over: a guest's token after the visit."""
    return await _become(work, token, TokenStatus.EXPIRED)


async def renew(work: Work, token: TokenId, valid_until: datetime | None) -> Token:
    """It can be used again until then, or without an end. A block stands."""
    found = await store.by_id(work, token)
    if found is None:
        raise NoSuchToken(token)
    over = found.status is TokenStatus.EXPIRED
    status = TokenStatus.ACTIVE if over else found.status
    await store.set_validity(work, token, status, valid_until)
    return replace(found, status=status, valid_until=valid_until)


async def expire_shown(work: Work, shown: Collection[tuple[PartyId, TokenUid]]) -> None:
    """The use of these tokens is over: guests' tokens after their visits."""
    if shown:
        await store.expire(work, {(party, rules.sameness(uid)) for party, uid in shown})


async def forget_guests(work: Work, shown: Collection[tuple[PartyId, TokenUid]]) -> None:
    """Forget guests' tokens that nothing was ever charged with."""
    await store.forget_guests(work, {(party, rules.sameness(uid)) for party, uid in shown})


async def _become(work: Work, id: TokenId, status: TokenStatus) -> Token:
    token = await store.by_id(work, id)
    if token is None:
        raise NoSuchToken(id)
    await store.set_status(work, id, status)
    return replace(token, status=status)


async def tokens(work: Work, party: PartyId) -> list[Token]:
    """The tokens of a party, the newest first."""
    return await store.of_party(work, party)


async def tokens_of_driver(work: Work, party: PartyId, driver: DriverId) -> list[Token]:
    """The tokens that stand for a driver's contracts, also those of a fleet."""
    return await store.of_driver(work, party, driver)


async def tokens_of(
    work: Work, wanted: Collection[tuple[PartyId, TokenUid]]
) -> Mapping[tuple[PartyId, TokenUid], Token]:
    """The tokens that are the same as these, however a reader wrote them."""
    alike = {(party, uid): (party, rules.sameness(uid)) for party, uid in wanted}
    if not alike:
        return {}
    found = await store.by_sameness(work, set(alike.values()))
    known = {asked: found[key] for asked, key in alike.items() if key in found}
    contracts = _contracts(alike, known)
    if contracts:
        found = await store.by_sameness(work, set(contracts.values()))
        known |= {asked: found[key] for asked, key in contracts.items() if key in found}
    return known


async def shown_at(
    work: Work,
    shown: Collection[tuple[StationId, TokenUid]],
    parties: Mapping[StationId, PartyId] | None = None,
) -> Mapping[tuple[StationId, TokenUid], Token]:
    """The tokens shown at stations, each of its station's own party: no other party's token opens
    it. Who knows the stations' ``parties`` saves looking for them."""
    if not shown:
        return {}
    if parties is not None:
        own = await tokens_of(work, {(parties[station], uid) for station, uid in shown})
        return await _with_what_is_said(
            work,
            {
                (station, uid): token
                for station, uid in shown
                if (token := own.get((parties[station], uid))) is not None
            },
        )
    alike = {(station, uid): (station, rules.sameness(uid)) for station, uid in shown}
    at = await store.by_station(work, set(alike.values()))
    known = {asked: at[key] for asked, key in alike.items() if key in at}
    contracts = _contracts(alike, known)
    if contracts:
        at = await store.by_station(work, set(contracts.values()))
        known |= {asked: at[key] for asked, key in contracts.items() if key in at}
    return await _with_what_is_said(work, known)


async def _with_what_is_said(
    work: Work, known: Mapping[tuple[StationId, TokenUid], Token]
) -> Mapping[tuple[StationId, TokenUid], Token]:
    """The same, with when and where those may charge of which something is said."""
    asked = {key: token for key, token in known.items() if token.is_kept}
    if not asked:
        return known
    kept = await when_where.kept_at(work, [(key[0], token) for key, token in asked.items()])
    return {key: replace(token, kept=kept.get((key[0], token.id))) for key, token in known.items()}


def _contracts(
    asked: Collection[tuple[T, TokenUid]], known: Container[tuple[T, TokenUid]]
) -> dict[tuple[T, TokenUid], tuple[T, str]]:
    """Of those that are not known so, the contracts as they are kept: without the check digit,
    which a car may show or leave out."""
    return {
        (where, uid): (where, emaid)
        for where, uid in asked
        if (where, uid) not in known and (emaid := rules.emaid_of(uid)) is not None
    }


def authorize(
    asked: Sequence[tuple[int, StationId, Shown]],
    found: Mapping[tuple[StationId, TokenUid], Token],
    now: datetime,
) -> dict[int, str]:
    """May these tokens charge at these stations now? By the index of the question; ``found`` is
    what ``shown_at`` knows of them."""
    return {
        index: "invalid"
        if shown.kind.lower() in _SHOWS_NOBODY
        else rules.standing(found.get((station, shown.token)), now)
        for index, station, shown in asked
    }
