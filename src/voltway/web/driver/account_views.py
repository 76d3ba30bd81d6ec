"""What the pages of a driver's account show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from voltway.billing import autocharge, homes_own
from voltway.drivers import actions as drivers
from voltway.drivers import entry
from voltway.drivers.model import Driver
from voltway.kernel.ids import PartyId, new_id
from voltway.kernel.money import Currency, Money, minor_digits
from voltway.parties import actions as parties
from voltway.parties.model import Party
from voltway.payments import choosing, giving_up, methods, paying_back, prepaid, topping_up
from voltway.payments.model_methods import Method
from voltway.runtime.work import Row, Work
from voltway.web.driver import token_views
from voltway.web.house import House

RECEIPTS: Final = 20
MOVES: Final = 20

MOVED: Final = {
    "top_up": "Topped up",
    "voucher": "Voucher",
    "charge": "Charged a car",
    "refund": "Given back",
    "correction": "Corrected",
    "paid_back": "Paid back to your card",
    "disputed": "Your bank took a top-up back",
    "won_back": "Your bank gave a top-up back",
    "owed": "Paid what you owed",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card of a driver, by its end."""

    label: str  # what its driver calls it, if anything
    kind: str
    end: str
    stands: Sequence[str]  # why it opens nothing; none where it does


@dataclass(frozen=True, slots=True)
class With:
    """What a person has with one operator."""

    party: PartyId
    name: str
    methods: Sequence[Method]
    cards: Sequence[Card]
    can_save: bool
    balance: "BalanceShown | None" = None
    cars: Sequence[Row] = ()  # that may be this driver's


@dataclass(frozen=True, slots=True)
class SumShown:
    """A sum to choose, with how a form says it."""

    minor: int
    currency: Currency
    major: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BalanceShown:
    """A prepaid balance, and what can be put on it."""

    money: Money
    reserved: int
    offered: Sequence[SumShown]
    least: Money
    most: Money
    back: int  # what of it can go back to cards
    owed: int  # for top-ups that a bank took back
    auto: int | None
    auto_amount: int | None
    moves: Sequence[prepaid.Move]
    kinds: Mapping[str, str]
    zone: str
    key: str  # of the top-up that this page can begin: a button pressed twice begins one


@dataclass(frozen=True, slots=True)
class BalanceLeft:
    """What is left of a balance when an account is to be closed."""

    party: PartyId
    name: str
    money: Money
    back: Money  # what of it can go back to cards
    lapses: int | None  # what lapses with the account; nothing while some can go back or waits
    key: str  # of the order that this page can give


async def balances_left(house: House, email: str) -> Sequence[BalanceLeft]:
    """Where somebody has money on a balance still."""
    left: list[BalanceLeft] = []
    async with house.begin() as work:
        for driver in await entry.drivers_of(work, email):
            has = await prepaid.balance(work, driver.party, driver.id)
            back = await paying_back.can_pay_back(work, driver.party, driver.id)
            if has is None or back is None or has.balance_minor == 0:
                continue
            name = (await parties.party(work, driver.party)).name
            lapses = await giving_up.can_give_up(work, driver.party, driver.id)
            left.append(
                BalanceLeft(
                    driver.party,
                    name,
                    has.money,
                    back,
                    lapses.minor if lapses else None,
                    str(new_id(work.now)),
                )
            )
    return left


async def account(work: Work, house: House, email: str) -> dict[str, Any]:
    known = await entry.drivers_of(work, email)
    shown = [await _with(work, house, driver.party, driver) for driver in known]
    first = await parties.first_party(work)
    if not shown and first is not None:
        shown = [await _with(work, house, first.id, None)]
    return {
        "operators": shown,
        "receipts": await _receipts(work, known),
        "at_home": await homes_own.is_at_home(work, known),
    }


async def _with(work: Work, house: House, party: PartyId, driver: Driver | None) -> With:
    operator = await parties.party(work, party)
    name = f"{operator.country_code}*{operator.ident}"
    if driver is None:
        can_save, may = methods.can_save(house.provider, name), _takes_money(house, name)
        balance = await _balance(work, operator, None) if may else None
        return With(party, operator.name, (), (), can_save, balance)
    tokens = await drivers.tokens_of_driver(work, party, driver.id)
    cards = [
        Card(token.label, token_views.KINDS[token.kind], token.uid[-4:], token_views.stands(token))
        for token in tokens
    ]
    return With(
        party,
        operator.name,
        await methods.methods_of(work, party, driver.id),
        cards,
        methods.can_save(house.provider, name),
        await _balance(work, operator, driver) if _takes_money(house, name) else None,
        await autocharge.offers_to(work, party, driver.id),
    )


def _takes_money(house: House, party: str) -> bool:
    """Whether anybody can be paid on a page here."""
    return any(each.can.hosted_page for each in choosing.of_party(house.provider, party))


async def _balance(work: Work, operator: Party, driver: Driver | None) -> BalanceShown:
    """What a driver has; who is not known yet has nothing."""
    found = await prepaid.balance(work, operator.id, driver.id) if driver else None
    back = await paying_back.can_pay_back(work, operator.id, driver.id) if driver else None
    sums = await topping_up.sums(work, operator.id)
    digits = minor_digits(operator.currency)
    nobody = UUID(int=0)
    has = found or prepaid.Balance(party=operator.id, holder=nobody, currency=operator.currency)
    return BalanceShown(
        money=has.money,
        reserved=has.reserved_minor,
        offered=[
            SumShown(each.minor, each.currency, str(Decimal(each.minor).scaleb(-digits)))
            for each in sums.offered
        ],
        least=sums.least,
        most=sums.most,
        back=back.minor if back else 0,
        owed=await prepaid.owed(work, operator.id, has.holder) if found else 0,
        auto=has.auto_below_minor,
        auto_amount=has.auto_amount_minor,
        moves=await prepaid.moves(work, operator.id, has.holder, limit=MOVES) if found else (),
        kinds=MOVED,
        zone=operator.time_zone,
        key=str(new_id(work.now)),
    )


async def _receipts(work: Work, known: Sequence[Driver]) -> Sequence[Row]:
    """The newest receipts of what a person's saved methods paid, each with the key of its page."""
    holders: list[UUID] = [driver.id for driver in known]
    return await work.all(
        """
        SELECT p.visit_key, d.number, d.total_minor, d.currency, d.issued_at, s.location_name,
               s.energy_wh, s.zone
          FROM own_payment_view p
          JOIN document_view d ON d.payment_id = p.id AND d.kind = ANY($2::text[])
          LEFT JOIN session_view s ON s.id = p.session_id
         WHERE p.holder = ANY($1::uuid[])
         ORDER BY d.issued_at DESC LIMIT $3
        """,
        holders,
        ["receipt", "simplified_invoice"],
        RECEIPTS,
    )
