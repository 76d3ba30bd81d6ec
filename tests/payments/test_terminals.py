"""Cards at stations' own terminals, told as their stations tell them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from tests.network import a_station
from tests.payments.scene import Scene
from voltway.billing import checking, debts
from voltway.drivers import actions as drivers
from voltway.kernel.ids import OnceKey, PaymentId, StationId, TokenUid, TransactionRef
from voltway.kernel.money import EUR, Money
from voltway.ledger import actions as ledger
from voltway.ledger.model import Account
from voltway.ocpp.hearing import heard_again
from voltway.payments import terminals
from voltway.payments.model import PaidAfterAll
from voltway.payments.provider import (
    CaptureOrder,
    Declined,
    HoldState,
    ProviderSilent,
    RefundOrder,
    ReleaseOrder,
)
from voltway.payments.providers.terminal import TerminalProvider
from voltway.runtime.work import Row
from voltway.stations import actions as stations
from voltway.stations.reports import (
    Heard,
    LimitSet,
    PaidAtTerminal,
    SettlementTold,
    VariableReported,
    VariablesReported,
)

TX = TransactionRef("tx-1")


def a_card(
    ref: TransactionRef | None = TX, held: str | None = "60", evse: int | None = 1
) -> PaidAtTerminal:
    return PaidAtTerminal(
        "psp-1",
        TokenUid("PSP-ONE"),
        ref,
        evse,
        Decimal(held) if held else None,
        "visa",
        "4242",
    )


def told(status: str, amount: str = "4.90", psp_ref: str = "psp-1") -> SettlementTold:
    return SettlementTold(psp_ref, status, Decimal(amount), None, TX)


async def leaves_settling_to_us(scene: Scene, value: str) -> None:
    """The station tells how its terminal is set."""
    of = VariableReported("PaymentCtrlr", "SettlementByCSMS", value)
    told = VariablesReported(1, 0, False, (of,))
    heard = Heard(0, scene.station.station.id, "NotifyReport", scene.now, [told])
    async with scene.begin() as work:
        await stations.record_reports(work, [heard])


async def paid(scene: Scene, card: PaidAtTerminal) -> None:
    at = scene.station
    async with scene.begin() as work:
        await terminals.paid(work, at.party.id, at.station.id, card)


async def settled(scene: Scene, news: SettlementTold, station: StationId | None = None) -> str:
    at = scene.station
    async with scene.begin() as work:
        return await terminals.settled(work, at.party.id, station or at.station.id, news)


async def row(scene: Scene) -> Row:
    async with scene.begin() as work:
        found = await work.one("SELECT * FROM payment_view")
    assert found is not None
    return found


async def verdicts(scene: Scene) -> list[str]:
    async with scene.begin() as work:
        rows = await work.all("SELECT verdict FROM terminal_settlement_view ORDER BY verdict")
    return [each["verdict"] for each in rows]


async def ref_of(scene: Scene) -> str:
    async with scene.begin() as work:
        found = await work.one("SELECT id FROM terminal_hold_view")
    assert found is not None
    return str(found["id"])


async def test_a_card_told_twice_is_one_payment_of_what_the_terminal_holds(scene: Scene) -> None:
    await paid(scene, a_card(ref=None, held=None))
    async with scene.begin() as work:
        assert await work.all("SELECT 1 FROM payment_view") == []

    await paid(scene, a_card())
    await paid(scene, a_card())

    payment = await row(scene)
    assert (payment["state"], payment["provider"]) == ("held", "terminal")
    assert (payment["hold_minor"], payment["card_brand"], payment["card_last4"]) == (
        6_000,
        "visa",
        "4242",
    )


async def test_a_card_at_a_terminal_that_leaves_settling_to_us_holds_nothing_and_says_why(
    scene: Scene,
) -> None:
    at = scene.station.station.id
    await leaves_settling_to_us(scene, "True")
    await paid(scene, a_card(ref=None))
    await paid(scene, a_card())
    async with scene.begin() as work:
        why = await terminals.why_refused(work, [at])
    refused = await scene.count("terminal_hold_view")
    tokens = await scene.count("token_view WHERE uid = 'PSP-ONE'")
    await leaves_settling_to_us(scene, "false")
    await paid(scene, a_card())

    assert "Nothing was charged" in why[at]
    assert (refused, tokens) == (0, 0)
    assert await scene.count("terminal_hold_view") == 1


async def test_a_card_that_was_held_before_its_terminal_was_set_otherwise_is_settled_as_it_was(
    scene: Scene,
) -> None:
    await paid(scene, a_card(ref=None))
    await leaves_settling_to_us(scene, "true")
    await paid(scene, a_card())

    assert await scene.count("payment_view") == 1


async def test_a_terminal_that_holds_more_lets_the_charge_go_on_and_never_less(
    scene: Scene,
) -> None:
    await paid(scene, a_card())
    async with scene.begin() as work:
        for held in ("80", "70", "-1"):
            await terminals.grown(work, scene.station.station.id, LimitSet(TX, Decimal(held)))

    assert (await row(scene))["hold_minor"] == 8_000


async def test_what_is_settled_before_the_bill_is_known_is_on_the_bill_and_is_taken_once(
    scene: Scene,
) -> None:
    await paid(scene, a_card())
    session = await scene.starts(TokenUid("PSP-ONE"))
    first = await settled(scene, told("Settled"))
    again = await settled(scene, told("Settled"))
    other = await settled(scene, told("Settled", "6.00"))
    await scene.ends(60_000)
    await scene.settles()

    assert (first, again, other) == (first, first, "")
    payment = await row(scene)
    assert (payment["state"], payment["captured_minor"]) == ("captured", 490)
    assert payment["session_id"] == session
    assert await verdicts(scene) == ["again", "contradicts", "taken"]
    async with scene.begin() as work:
        owed = await ledger.balance(work, Account("provider:terminal:due"))
    assert owed[EUR].minor == 490


async def test_a_card_that_is_canceled_before_it_starts_opens_the_station_no_more(
    scene: Scene,
) -> None:
    await paid(scene, a_card(ref=None))
    assert await settled(scene, told("Canceled", "0")) == ""

    async with scene.begin() as work:
        key = (scene.station.party.id, TokenUid("PSP-ONE"))
        token = (await drivers.tokens_of(work, {key}))[key]
    assert token.status == "expired"
    assert await verdicts(scene) == ["let_go"]


async def test_a_card_that_is_canceled_after_it_started_is_a_hold_that_was_let_go(
    scene: Scene,
) -> None:
    await paid(scene, a_card())
    await settled(scene, told("Canceled", "0"))

    payment = await row(scene)
    assert (payment["state"], payment["why"]) == ("released", "by_provider")


async def test_news_of_a_card_nobody_knows_or_of_another_station_moves_nothing(
    scene: Scene,
) -> None:
    async with scene.begin() as work:
        other = await a_station(work, scene.station.party)
    await paid(scene, a_card())

    assert await settled(scene, told("Settled", psp_ref="psp-2")) == ""
    assert await settled(scene, told("Settled"), other.station.id) == ""
    assert await settled(scene, told("Settled", "0")) == ""

    assert await verdicts(scene) == ["elsewhere", "no_amount", "unknown"]
    assert (await row(scene))["state"] == "held"


@pytest.mark.parametrize("evse", [None, 9])
async def test_a_card_is_held_where_the_station_has_not_said_at_which_bay(
    scene: Scene, evse: int | None
) -> None:
    await paid(scene, a_card(evse=evse))

    assert (await row(scene))["evse_id"] == scene.station.evse(1)


async def test_a_terminal_is_silent_until_its_station_has_told(scene: Scene) -> None:
    provider = TerminalProvider(scene.begin)
    await paid(scene, a_card())
    ref = await ref_of(scene)
    order = CaptureOrder(once=OnceKey("one"), ref=ref, amount=Money(490, EUR))
    release = ReleaseOrder(once=OnceKey("two"), ref=ref)

    with pytest.raises(ProviderSilent):
        await provider.capture(order)
    kept = await provider.release(release)
    await settled(scene, told("Failed"))
    refused = await provider.capture(order)
    refund = await provider.refund(
        RefundOrder(once=OnceKey("three"), ref=ref, amount=Money(1, EUR), reason="")
    )

    assert isinstance(kept, Declined)
    assert isinstance(refused, Declined)
    assert refused.code == "failed"
    assert isinstance(refund, Declined)
    assert "acquirer" in refund.reason
    assert (await provider.fetch(ref)).state is HoldState.VOIDED


@pytest.mark.parametrize("when", ["before the end", "while the settlement waits"])
async def test_what_differs_from_the_bill_is_in_the_books_as_it_was_taken(
    scene: Scene, when: str
) -> None:
    scene.provider = TerminalProvider(scene.begin)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    if when == "before the end":
        await settled(scene, told("Settled", "5.50"))
    await scene.ends(60_000)
    await scene.settles()
    await settled(scene, told("Settled", "5.50"))
    scene.clock.jump(timedelta(minutes=5))
    await scene.settles()
    await scene.sweeps()
    check = await checking.check_books(
        scene.begin, heard_again, scene.station.party.id, asked_by="a test"
    )

    assert (await row(scene))["captured_minor"] == 550
    assert await scene.count("invoice_view WHERE total_minor = 490") == 1
    assert await scene.count("payment_step_view WHERE verb = 'capture' AND answer = 'done'") == 1
    async with scene.begin() as work:
        owed = await ledger.balance(work, Account("provider:terminal:due"))
    assert owed[EUR].minor == 550
    assert [part.found for part in check.parts if part.found] == []


async def _is_refused(scene: Scene) -> None:
    """A charge of €4.90 is over, and its terminal could not take that."""
    scene.provider = TerminalProvider(scene.begin)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    await scene.ends(60_000)
    await settled(scene, told("Failed"))
    await scene.settles()
    async with scene.begin() as work:
        await debts.open_new(work)


async def _owed(scene: Scene) -> list[int]:
    async with scene.begin() as work:
        return [row["owed_minor"] for row in await work.all("SELECT owed_minor FROM debt_view")]


async def test_a_card_that_pays_just_what_is_owed_after_all_ends_its_debt_once(
    scene: Scene,
) -> None:
    await _is_refused(scene)
    before = await _owed(scene)
    for _ in range(2):
        await settled(scene, told("Settled"))
    fact = PaidAfterAll(
        party=scene.station.party.id,
        payment=PaymentId((await row(scene))["id"]),
        at=scene.now,
        amount_minor=490,
        currency=EUR,
    )
    async with scene.begin() as work:
        await debts.hears_paid_after_all(work, [fact, fact])
        due = await ledger.balance(work, Account("provider:terminal:due"))
    check = await checking.check_books(
        scene.begin, heard_again, scene.station.party.id, asked_by="a test"
    )

    assert (before, await _owed(scene)) == ([490], [0])
    assert due[EUR].minor == 490
    assert await verdicts(scene) == ["again", "paid_late", "refused"]
    assert [part.found for part in check.parts if part.found] == []


async def test_another_amount_after_a_no_is_for_a_person_and_moves_nothing(scene: Scene) -> None:
    await _is_refused(scene)
    await settled(scene, told("Settled", "4.89"))

    assert await _owed(scene) == [490]
    assert await verdicts(scene) == ["contradicts", "refused"]


async def test_a_no_that_is_taken_back_while_the_car_charges_is_forgotten(scene: Scene) -> None:
    scene.provider = TerminalProvider(scene.begin)
    await paid(scene, a_card())
    await scene.starts(TokenUid("PSP-ONE"))
    await settled(scene, told("Failed"))
    await settled(scene, told("Settled"))
    await scene.ends(60_000)
    await scene.settles()

    assert (await row(scene))["captured_minor"] == 490
    assert await verdicts(scene) == ["refused", "taken"]
