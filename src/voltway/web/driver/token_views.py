"""What the page of a driver's own tokens shows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from voltway.billing import budgets
from voltway.billing.rules_budgets import Budget, Period, Used
from voltway.drivers import actions as drivers
from voltway.drivers import when_where
from voltway.drivers.model import Bar, Driver, Token, TokenKind, TokenStatus
from voltway.kernel.ids import PartyId
from voltway.kernel.money import Currency
from voltway.parties import actions as parties
from voltway.payments import methods, prepaid
from voltway.payments.model_methods import Method
from voltway.runtime.work import Row, Work
from voltway.web.driver import own_data

#: Why a card opens nothing for now, and what its driver can do.
BARS: Final = {
    Bar.UNPAID: "Something that it charged is not paid.",
    Bar.NO_CREDIT: "Its balance is used up.",
    Bar.LIMIT: "Its budget is used up for now.",
    Bar.METHOD: "Your bank said no. Choose or add another way to pay.",
    Bar.TWO_PLACES: "It was seen at two places at once. Please call the operator.",
}
KINDS: Final = {
    TokenKind.RFID: "Card",
    TokenKind.APP: "App",
    TokenKind.CONTRACT: "Car with a contract",
    TokenKind.VEHICLE: "Car",
    TokenKind.AD_HOC: "Guest",
}
#: Why a token was turned away, in the words of ``Decision.token``.
TURNED_AWAY: Final = {
    "not_at_this_time": "outside its hours",
    "planned_work": "the station was out of service for planned work",
    "not_at_this_location": "it is not for this place",
    "no_credit": "its budget or balance was used up",
    "expired": "it is not good any more",
    "blocked": "it is blocked",
    "invalid": "what the car showed with it was not good",
}
PERIODS: Final = {
    Period.SESSION: "in a charge",
    Period.DAY: "today",
    Period.MONTH: "this month",
}


@dataclass(frozen=True, slots=True)
class BudgetShown:
    budget: Budget
    used: Used
    period: str


@dataclass(frozen=True, slots=True)
class TurnedAway:
    place: str
    why: str
    at: datetime
    zone: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Own:
    """A token as its driver sees it."""

    id: str
    kind: str
    label: str
    end: str  # of its uid: more of it nobody needs to see
    stands: Sequence[str]  # why it opens nothing; empty where it does
    is_lost: bool
    is_over: bool
    is_company: bool
    pays: str | None  # the id of its own method; nothing where the default pays
    on_account: bool
    rules: Sequence[Row]
    budgets: Sequence[BudgetShown]
    away: TurnedAway | None


@dataclass(frozen=True, slots=True)
class Agreed:
    """A contract as its driver sees it."""

    end: str  # of its ident: more of it nobody needs to see
    company: str  # by which it was agreed; empty where by the driver
    since: datetime


@dataclass(frozen=True, slots=True)
class Way:
    """A way to pay, as it is chosen."""

    id: str
    name: str
    is_default: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnWith:
    """What a person has to show, and has agreed, with one operator."""

    party: PartyId
    name: str
    currency: Currency
    time_zone: str
    tokens: Sequence[Own]
    contracts: Sequence[Agreed]
    ways: Sequence[Way]


def stands(token: Token) -> Sequence[str]:
    """Why a token opens nothing, in sentences; none where it does."""
    if token.lost_at is not None:
        return ["You reported it lost. Ask the operator if you found it."]
    if token.status is TokenStatus.BLOCKED:
        return ["The operator has blocked it."]
    if token.status is TokenStatus.EXPIRED:
        return ["It is not good any more."]
    return [BARS[bar] for bar in sorted(token.bars)]


async def own_tokens(work: Work, driver: Driver) -> OwnWith:
    """The tokens of a driver, with what pays for each and what is said of it."""
    operator = await parties.party(work, driver.party)
    tokens = await drivers.tokens_of_driver(work, driver.party, driver.id)
    ids = [token.id for token in tokens]
    pays = await methods.paying_by(work, ids)
    rules = await when_where.of_tokens(work, ids)
    away = await when_where.last_turned_away(work, ids)
    limits = await _budgets(work, driver, tokens)
    ways = [
        Way(str(each.id), each.name, each.is_default)
        for each in await methods.methods_of(work, driver.party, driver.id)
        if each.refused_at is None
    ]
    shown = [
        Own(
            id=str(token.id),
            kind=KINDS[token.kind],
            label=token.label,
            end=token.uid[-4:],
            stands=stands(token),
            is_lost=token.lost_at is not None,
            is_over=token.status is TokenStatus.EXPIRED,
            is_company=token.fleet is not None,
            pays=str(pays[token.id]) if token.id in pays else None,
            on_account=token.on_account,
            rules=rules.get(token.id, ()),
            budgets=limits[token],
            away=_turned_away(away.get(token.id)),
        )
        for token in tokens
    ]
    return OwnWith(
        party=driver.party,
        name=operator.name,
        currency=operator.currency,
        time_zone=operator.time_zone,
        tokens=shown,
        contracts=[
            Agreed(row["ident"][-4:], row["company"] or "", row["created_at"])
            for row in await work.all(own_data.CONTRACTS, driver.id)
        ],
        ways=ways,
    )


async def _budgets(
    work: Work, driver: Driver, tokens: Sequence[Token]
) -> Mapping[Token, Sequence[BudgetShown]]:
    """Their budgets; what a company's fleet may charge in all is the company's to know."""
    own = {token: {token.id, token.contract, token.driver} - {None} for token in tokens}
    subjects = {id for ids in own.values() for id in ids if id is not None}
    found = [
        BudgetShown(budget, await budgets.used(work, budget), PERIODS[budget.period])
        for budget in await budgets.of_subjects(work, driver.party, subjects)
    ]
    return {
        token: [each for each in found if each.budget.subject in ids] for token, ids in own.items()
    }


def _turned_away(row: Row | None) -> TurnedAway | None:
    if row is None:
        return None
    why = TURNED_AWAY.get(row["word"], TURNED_AWAY["blocked"])
    return TurnedAway(row["place"] or "", why, row["at"], row["time_zone"] or "UTC")


@dataclass(frozen=True, slots=True)
class ToPay:
    """A way to pay for a charge that is about to begin."""

    id: str
    name: str
    is_default: bool
    left: int | None  # of a balance
    is_used_up: bool


async def to_pay(work: Work, known: Sequence[Method]) -> Sequence[ToPay]:
    """What a driver can pay with at a bay, the default first; what a bank refused is left out."""
    shown = []
    for method in known:
        if method.refused_at is not None:
            continue
        has = None
        if method.provider == prepaid.NAME:
            has = await prepaid.balance(work, method.party, method.holder)
        shown.append(
            ToPay(
                str(method.id),
                method.name,
                method.is_default,
                has.available.minor if has else None,
                has.is_used_up if has else False,
            )
        )
    return shown
