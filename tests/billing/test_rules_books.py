"""What a settled session writes into the books, in the words of the ledger."""

from datetime import UTC, datetime
from decimal import Decimal
from fractions import Fraction
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from tests.billing.sample import KAMPPI
from tests.billing.test_rules_amounts import cost_of, line
from voltway.billing import rules, rules_books
from voltway.billing.documents import CdrDocument, Line, Tax
from voltway.billing.freezing import line_of, tax_of
from voltway.billing.model import (
    ACCOUNT_ROUTE,
    CARD_ROUTE,
    FREE_ROUTE,
    GIVEN_ROUTE,
    GRANTED_ROUTE,
    Settlement,
    SettlementState,
    Step,
)
from voltway.billing.rules_amounts import bill
from voltway.kernel.ids import OnceKey, PartyId, SessionId, SettlementId
from voltway.kernel.money import EUR, Money
from voltway.ledger.model import Entry
from voltway.ledger.rules import trial_balance
from voltway.sessions.rules_owed import is_charged
from voltway.tariffs.model import CostLine, Dimension

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
PARTY = PartyId(UUID(int=1))
EVIDENCE = {"session": "7"}


def cdr(lines: tuple[Line, ...], taxes: tuple[Tax, ...]) -> CdrDocument:
    return CdrDocument(
        session="7",
        party=str(PARTY),
        evse="",
        place=KAMPPI.place,
        visit=KAMPPI.visit,
        tariff="",
        tariff_version="",
        account="ann",
        currency="EUR",
        total_before_taxes="0",
        total_after_taxes="0",
        total_minor=sum(tax.gross_minor for tax in taxes),
        charged=True,
        lines=lines,
        taxes=taxes,
        points=(),
        changes=(),
    )


def sold(document: CdrDocument) -> Entry:
    return rules_books.sale(
        document, party=PARTY, at=NOON, memo="sold", once=OnceKey("sale"), evidence=EVIDENCE
    )


def balances(*entries: Entry) -> dict[str, int]:
    return {each.account: each.balance.minor for each in trial_balance(entries).lines}


def test_a_receipt_becomes_what_is_owed_what_is_earned_and_what_is_tax() -> None:
    assert balances(sold(cdr(KAMPPI.lines, KAMPPI.taxes))) == {
        "driver:ann:receivable": 2467,
        "revenue:energy": -1918,
        "revenue:parking": -48,
        "tax:vat:25.5": -501,
    }


def test_what_a_highest_price_takes_off_is_shown_and_not_hidden() -> None:
    off = replace(KAMPPI.lines[1], kind="MAX_PRICE", gross_minor=-60, net_minor=-48)
    taxes = (Tax(rate="25.5", gross_minor=2347, net_minor=1870, tax_minor=477),)

    assert balances(sold(cdr((KAMPPI.lines[0], off), taxes))) == {
        "driver:ann:receivable": 2347,
        "revenue:energy": -1918,
        "revenue:maximum": 48,
        "tax:vat:25.5": -477,
    }


def test_a_captured_sale_and_a_refund_of_a_part() -> None:
    entries = [
        sold(cdr(KAMPPI.lines, KAMPPI.taxes)),
        rules_books.capture(
            Money(2467, EUR),
            party=PARTY,
            who="ann",
            provider="simulated",
            at=NOON,
            memo="taken",
            once=OnceKey("capture"),
            evidence=EVIDENCE,
        ),
        rules_books.refund(
            Money(500, EUR),
            credited=None,
            party=PARTY,
            who="ann",
            provider="simulated",
            at=NOON,
            memo="given back",
            once=OnceKey("refund"),
            evidence=EVIDENCE,
        ),
    ]

    after = balances(*entries)

    assert after["driver:ann:receivable"] == 0
    assert after["provider:simulated:due"] == 1967
    assert after["cost:refunds"] == 500


amounts = st.fractions(min_value=0, max_value=200, max_denominator=3600)


@given(
    st.lists(
        st.tuples(amounts, st.sampled_from(["19", "25.5", "7.7", "0", None])),
        min_size=1,
        max_size=6,
    ).filter(lambda parts: sum(gross for gross, _ in parts) >= 1)
)
def test_any_sale_balances_and_the_driver_owes_exactly_the_bill(
    parts: list[tuple[Fraction, str | None]],
) -> None:
    lines: list[CostLine] = [
        line(gross, None if rate is None else Decimal(rate), dimension)
        for (gross, rate), dimension in zip(parts, list(Dimension) * 2, strict=False)
    ]
    made = bill(cost_of(lines))
    document = cdr(
        tuple(line_of(each, None) for each in made.lines), tuple(map(tax_of, made.taxes))
    )

    after = balances(sold(document))

    assert sum(after.values()) == 0
    assert after["driver:ann:receivable"] == made.total.minor


def granted(gross_minor: int, net_minor: int) -> CdrDocument:
    """A session of which all was granted."""
    energy = Line(
        kind="ENERGY",
        reservation=None,
        volume="1",
        billed_volume="1",
        price="1",
        rate="25.5",
        gross_minor=gross_minor,
        net_minor=net_minor,
        why="…",
    )
    off = replace(energy, kind="PROMOTION", gross_minor=-gross_minor, net_minor=-net_minor)
    return cdr((energy, off), (Tax(rate="25.5", gross_minor=0, net_minor=0, tax_minor=0),))


def test_what_was_granted_whole_is_a_sale_and_what_cost_nothing_is_none() -> None:
    document = granted(980, 781)

    assert rules_books.is_sold(document)
    assert balances(sold(document)) == {
        "driver:ann:receivable": 0,
        "revenue:energy": -781,
        "revenue:promotions": 781,
    }
    assert not rules_books.is_sold(granted(0, 0))
    assert not rules_books.is_sold(granted(1, 0)), "an entry moves something"
    assert not rules_books.is_sold(cdr((), ()))


@pytest.mark.parametrize(
    ("payable", "has_hold", "is_sold", "route"),
    [
        (1, True, True, CARD_ROUTE),
        (0, True, False, FREE_ROUTE),
        (0, True, True, GRANTED_ROUTE),
        (1, False, True, ACCOUNT_ROUTE),
        (0, False, False, GIVEN_ROUTE),
        (0, False, True, ACCOUNT_ROUTE),
    ],
)
def test_the_price_decides_the_route(
    payable: int, has_hold: bool, is_sold: bool, route: tuple[Step, ...]
) -> None:
    assert rules.route(payable_minor=payable, has_hold=has_hold, is_sold=is_sold) == route
    assert route[0] is Step.PRICE, "a settlement is opened before its route is known"
    assert route[-1] is Step.INVOICE


def test_a_step_has_one_key_however_often_it_is_tried() -> None:
    walk = Settlement(
        id=SettlementId(UUID(int=9)),
        party=PARTY,
        session=SessionId(UUID(int=7)),
        payment=None,
        route=CARD_ROUTE,
        done=0,
        state=SettlementState.WALKING,
        opened_at=NOON,
        tries=3,
    )
    keys = []
    while walk.next is not None:
        keys.append(walk.once)
        walk = walk.finished(walk.next)

    assert keys == [f"{walk.id}:{step}" for step in CARD_ROUTE]
    with pytest.raises(AssertionError):
        walk.finished(Step.PRICE)


@pytest.mark.parametrize(("tries", "seconds"), [(1, 2), (2, 4), (5, 32), (11, 2048), (50, 3600)])
def test_a_settlement_rests_longer_each_time_and_an_hour_at_most(tries: int, seconds: int) -> None:
    assert rules.back_off(tries).total_seconds() == seconds


@pytest.mark.parametrize(("energy", "charged"), [(99, False), (100, True), (0, False)])
def test_a_tenth_of_a_kilowatt_hour_is_the_least(energy: int, charged: bool) -> None:
    assert is_charged(energy, 100) is charged
