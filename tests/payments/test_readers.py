"""A card held to a reader at the place: what the reader says, what the driver is told, one at a
time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from tests.payments.providers import STRIPE, capture, hold_order, key, patience_s
from tests.payments.readers import a_reader, at, serves
from tests.payments.scene import Scene, a_scene
from voltway.kernel.ids import EvseId, LocationId, PartyId, PaymentId
from voltway.kernel.money import EUR, Money
from voltway.payments import actions as payments
from voltway.payments import actions_reader, readers, rules_readers, sweeps
from voltway.payments.actions_reader import NothingToShow, ReaderInUse
from voltway.payments.model import Payment, PaymentState, Visit, Why
from voltway.payments.model_readers import CardReader, ReaderId, ReaderUse, Stage
from voltway.payments.provider import (
    Declined,
    HoldSeen,
    HoldState,
    ProviderSilent,
    Refunded,
    RefundOrder,
    ReleaseOrder,
)
from voltway.payments.provider_more import ReaderNo, ReaderSeen, ShowOrder
from voltway.payments.providers.stripe import StripeProvider
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.provider import ProviderServer
from voltway_world.provider.faults import Fault

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
READER = CardReader(
    id=ReaderId(UUID(int=1)),
    party=PartyId(UUID(int=2)),
    provider="stripe",
    ref="tmr_1",
    name="Entrance",
    location=LocationId(UUID(int=3)),
    set_by="Ann",
)
USE = ReaderUse(
    payment=PaymentId(UUID(int=4)),
    reader=READER,
    stage=Stage.ASKING,
    trouble=None,
    tells=1,
    asked_at=NOON,
    until=NOON + timedelta(minutes=2),
    over_at=None,
)
SHOWING = replace(USE, stage=Stage.SHOWING)
IDLE = ReaderSeen(ref="tmr_1", label="", kind="", serial="", is_online=True)
SHOWS = replace(IDLE, hold="pi_1", is_showing=True)
SAYS_NO = replace(IDLE, hold="pi_1", no=ReaderNo.CARD_DECLINED)


@pytest.mark.parametrize(
    ("use", "reader", "after_s", "stage", "trouble"),
    [
        pytest.param(USE, SHOWS, 1, Stage.SHOWING, None, id="it shows ours"),
        pytest.param(USE, IDLE, 1, Stage.ASKING, None, id="not yet: the order is on its way"),
        pytest.param(USE, SAYS_NO, 1, Stage.ASKING, None, id="the no of the last card is old"),
        pytest.param(USE, IDLE, 20, Stage.STOPPED, ReaderNo.REPLACED, id="it never came"),
        pytest.param(
            replace(USE, trouble=ReaderNo.SILENT),
            IDLE,
            1,
            Stage.STOPPED,
            ReaderNo.SILENT,
            id="it did not answer and does not show it",
        ),
        pytest.param(
            replace(USE, trouble=ReaderNo.SILENT),
            SHOWS,
            1,
            Stage.SHOWING,
            None,
            id="it did not answer and shows it",
        ),
        pytest.param(
            SHOWING, SAYS_NO, 1, Stage.STOPPED, ReaderNo.CARD_DECLINED, id="the bank said no"
        ),
        pytest.param(
            SHOWING,
            replace(SHOWS, hold="pi_2"),
            1,
            Stage.STOPPED,
            ReaderNo.REPLACED,
            id="it shows another's",
        ),
        pytest.param(
            SHOWING,
            replace(SHOWS, is_online=False),
            1,
            Stage.STOPPED,
            ReaderNo.OFFLINE,
            id="it lost its line",
        ),
        pytest.param(
            SHOWING, replace(IDLE, hold="pi_1"), 1, Stage.SHOWING, None, id="done: the hold tells"
        ),
        pytest.param(
            replace(USE, stage=Stage.STOPPED, trouble=ReaderNo.OFFLINE),
            SHOWS,
            1,
            Stage.SHOWING,
            None,
            id="its line is back and it shows ours still",
        ),
        pytest.param(
            replace(USE, stage=Stage.LEAVING), SHOWS, 1, Stage.LEAVING, None, id="who left has left"
        ),
    ],
)
def test_what_a_reader_shows_is_where_the_driver_is(
    use: ReaderUse, reader: ReaderSeen, after_s: int, stage: Stage, trouble: ReaderNo | None
) -> None:
    after = rules_readers.seen(use, reader, "pi_1", NOON + timedelta(seconds=after_s))

    assert (after.stage, after.trouble) == (stage, trouble)


@pytest.mark.parametrize(
    ("code", "stage", "trouble"),
    [
        (ReaderNo.BUSY, Stage.STOPPED, ReaderNo.BUSY),
        (ReaderNo.OFFLINE, Stage.STOPPED, ReaderNo.OFFLINE),
        (ReaderNo.SILENT, Stage.ASKING, ReaderNo.SILENT),
        ("parameter_invalid", Stage.STOPPED, ReaderNo.FAILED),
    ],
)
def test_a_no_of_a_reader_is_kept(code: str, stage: Stage, trouble: ReaderNo) -> None:
    after = rules_readers.answered(USE, Declined(code, "No."), "pi_1", NOON)

    assert (after.stage, after.trouble) == (stage, trouble)


@pytest.fixture
async def stripe(
    request: pytest.FixtureRequest, bank: ProviderServer
) -> AsyncIterator[StripeProvider]:
    made = STRIPE.speaks_to(bank, timeout_s=patience_s(request))
    assert isinstance(made, StripeProvider)
    yield made
    await made.close()


async def shown(stripe: StripeProvider, reader: str) -> str:
    seen = await stripe.hold_at_reader(hold_order())
    assert isinstance(seen, HoldSeen)
    answer = await stripe.show(ShowOrder(once=key(), reader=reader, hold=seen.ref))
    assert isinstance(answer, ReaderSeen)
    assert (answer.hold, answer.is_showing) == (seen.ref, True)
    return seen.ref


async def test_a_card_is_held_to_a_reader_and_is_a_hold_like_any_other(
    stripe: StripeProvider, bank: ProviderServer
) -> None:
    reader = await a_reader(bank)
    ref = await shown(stripe, reader)
    waits = await stripe.fetch(ref)

    await at(bank, reader, "tap")
    held = await stripe.fetch(ref)
    taken = await stripe.capture(capture(ref, 1166))
    back = await stripe.refund(
        RefundOrder(once=key(), ref=ref, amount=Money(400, EUR), reason="goodwill")
    )

    assert (waits.state, waits.hosted_url, waits.card) == (HoldState.AWAITING, "", None)
    assert (held.state, held.amount, held.can_grow) == (HoldState.HELD, Money(5000, EUR), False)
    assert held.card is not None
    assert (held.card.brand, held.card.last4) == ("Visa", "4242")
    assert held.card.fingerprint
    assert held.expires_at is not None
    assert isinstance(taken, HoldSeen)
    assert taken.captured == Money(1166, EUR)
    assert isinstance(back, Refunded)
    assert sum(move.amount_minor for move in bank.books.transactions.values()) == 766


async def test_a_declined_card_at_a_reader_leaves_the_hold_for_another(
    stripe: StripeProvider, bank: ProviderServer
) -> None:
    reader = await a_reader(bank)
    ref = await shown(stripe, reader)

    await at(bank, reader, "tap_declined")
    said = await stripe.reader(reader)
    still = await stripe.fetch(ref)
    await stripe.show(ShowOrder(once=key(), reader=reader, hold=ref))
    await at(bank, reader, "tap")

    assert isinstance(said, ReaderSeen)
    assert (said.no, said.is_showing) == (ReaderNo.CARD_DECLINED, False)
    assert still.state is HoldState.AWAITING
    assert (await stripe.fetch(ref)).state is HoldState.HELD


@pytest.mark.parametrize(
    ("mood", "code"),
    [("offline", ReaderNo.OFFLINE), ("busy", ReaderNo.BUSY), ("slow", ReaderNo.SILENT)],
)
async def test_a_reader_that_cannot_show_says_why(
    stripe: StripeProvider, bank: ProviderServer, mood: str, code: ReaderNo
) -> None:
    reader = await a_reader(bank)
    seen = await stripe.hold_at_reader(hold_order())
    assert isinstance(seen, HoldSeen)
    await at(bank, reader, mood)

    answer = await stripe.show(ShowOrder(once=key(), reader=reader, hold=seen.ref))

    assert isinstance(answer, Declined)
    assert answer.code == code


async def test_a_reader_is_cleared_of_its_own_hold_alone(
    stripe: StripeProvider, bank: ProviderServer
) -> None:
    reader = await a_reader(bank)
    first = await shown(stripe, reader)
    second = await shown(stripe, reader)  # Stripe replaces the first without a word

    await stripe.clear(ShowOrder(once=key(), reader=reader, hold=first))
    kept = await stripe.reader(reader)
    await stripe.clear(ShowOrder(once=key(), reader=reader, hold=second))
    cleared = await stripe.reader(reader)
    gone = await stripe.release(ReleaseOrder(once=key(), ref=second))
    late = await stripe.show(ShowOrder(once=key(), reader=reader, hold=second))

    assert isinstance(kept, ReaderSeen)
    assert isinstance(cleared, ReaderSeen)
    assert (kept.hold, kept.is_showing) == (second, True)
    assert (cleared.hold, cleared.is_showing) == ("", False)
    assert isinstance(gone, HoldSeen)
    assert gone.state is HoldState.VOIDED
    assert isinstance(late, Declined)
    assert late.code == Declined.MOVED_ON


async def test_all_readers_of_an_account_are_listed(
    stripe: StripeProvider, bank: ProviderServer
) -> None:
    made = {await a_reader(bank, f"Reader {n}") for n in range(3)}
    gone = await stripe.reader("tmr_none")

    found = await stripe.readers()

    assert {each.ref for each in found} == made
    assert {each.label for each in found} == {"Reader 0", "Reader 1", "Reader 2"}
    assert isinstance(gone, Declined)


@pytest.fixture
async def place(
    database: Database, clock: JumpingClock, bank: ProviderServer, stripe: StripeProvider
) -> AsyncIterator[Scene]:
    """A bay with a reader beside it."""
    async with a_scene(database, clock, bank, stripe) as made:
        yield made


async def opens(place: Scene, reader: CardReader, bay: int = 1) -> Visit:
    return await actions_reader.open_visit(
        place.begin,
        place.provider,
        evse=place.station.evse(bay),
        reader=reader.id,
        email=None,
        locale="en",
        return_url="http://127.0.0.1:1/v/{visit_key}",
        cancel_url="http://127.0.0.1:1/e/x",
    )


async def use_of(place: Scene, visit: Visit) -> tuple[Payment, ReaderUse]:
    payment = await place.payment(visit)
    async with place.begin() as work:
        use = await actions_reader.use_of(work, payment.id)
    assert use is not None
    return payment, use


async def looks(place: Scene) -> None:
    """The round, once."""
    await actions_reader.look_at_all(place.begin, place.provider)


async def test_a_visit_at_a_reader_goes_from_the_card_to_the_bill(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)
    visit = await opens(place, reader)
    waits, use = await use_of(place, visit)

    await at(bank, reader.ref, "tap")
    await place.webhook_answered(200, 2)
    held, over = await use_of(place, visit)
    await place.starts(held.token)
    await place.ends(60_000)
    await place.settles()
    paid = await place.payment(visit)

    assert visit.hosted_url == ""
    assert (waits.state, use.stage, use.over_at) == (PaymentState.AWAITING, Stage.SHOWING, None)
    assert held.state is PaymentState.HELD
    assert held.order is not None
    assert over.over_at is not None
    assert (paid.state, paid.captured_minor) == (PaymentState.CAPTURED, 490)
    assert place.moved_minor == 490
    assert paid.card is not None
    assert paid.card.last4 == "4242"


async def test_where_every_webhook_is_lost_the_rounds_see_the_card(
    place: Scene, bank: ProviderServer
) -> None:
    bank.faults.set([Fault(on="webhook", kind="webhook_lost")])
    reader = await serves(place)
    visit = await opens(place, reader)
    await at(bank, reader.ref, "tap")

    await looks(place)

    payment, use = await use_of(place, visit)
    assert payment.state is PaymentState.HELD
    assert use.over_at is not None


async def test_two_drivers_at_once_are_one_and_one_who_is_told(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)

    came = await asyncio.gather(opens(place, reader), opens(place, reader), return_exceptions=True)

    [visit] = [each for each in came if isinstance(each, Visit)]
    [refused] = [each for each in came if isinstance(each, ReaderInUse)]
    assert "Somebody else is paying at the terminal Entrance" in str(refused)
    payment, _ = await use_of(place, visit)
    action = bank.books.readers[reader.ref].action
    assert action is not None
    assert f"pi_{action.hold.removeprefix('hold_')}" == payment.provider_ref
    assert len(bank.books.holds) == 1
    assert await place.count("payment_view") == 1

    await at(bank, reader.ref, "tap")
    await place.webhook_answered(200, 2)
    second = await opens(place, reader, bay=2)
    assert (await use_of(place, second))[1].stage is Stage.SHOWING
    assert (await place.payment(visit)).state is PaymentState.HELD


@pytest.mark.parametrize(
    ("happens", "no"),
    [("tap_declined", ReaderNo.CARD_DECLINED), ("cancel", ReaderNo.CANCELED)],
)
async def test_after_a_no_at_the_reader_the_driver_tries_again_there(
    place: Scene, bank: ProviderServer, happens: str, no: ReaderNo
) -> None:
    reader = await serves(place)
    visit = await opens(place, reader)
    await at(bank, reader.ref, happens)
    await looks(place)
    payment, stopped = await use_of(place, visit)

    await actions_reader.show(place.begin, place.provider, payment.id)
    again = (await use_of(place, visit))[1]
    await at(bank, reader.ref, "tap")
    await looks(place)

    assert (payment.state, stopped.stage, stopped.trouble) == (
        PaymentState.AWAITING,
        Stage.STOPPED,
        no,
    )
    assert (again.stage, again.trouble) == (Stage.SHOWING, None)
    assert (await place.payment(visit)).state is PaymentState.HELD
    assert len(bank.books.holds) == 1


@pytest.mark.parametrize(
    ("mood", "no"),
    [("offline", ReaderNo.OFFLINE), ("busy", ReaderNo.BUSY), ("slow", ReaderNo.SILENT)],
)
async def test_a_reader_that_cannot_show_is_said_and_left(
    place: Scene, bank: ProviderServer, mood: str, no: ReaderNo
) -> None:
    reader = await serves(place)
    await at(bank, reader.ref, mood)
    visit = await opens(place, reader)
    await looks(place)
    payment, stopped = await use_of(place, visit)
    await at(bank, reader.ref, "online")

    left = await actions_reader.leave(place.begin, place.provider, payment.id)

    assert (stopped.stage, stopped.trouble) == (Stage.STOPPED, no)
    assert left
    gone, use = await use_of(place, visit)
    assert (gone.state, gone.why) == (PaymentState.RELEASED, Why.GAVE_UP)
    assert use.over_at is not None
    with pytest.raises(NothingToShow):
        await actions_reader.show(place.begin, place.provider, payment.id)


async def test_a_reader_that_heard_and_did_not_answer_is_seen_to_show(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)
    await at(bank, reader.ref, "slow_after")
    visit = await opens(place, reader)
    unsure = (await use_of(place, visit))[1]

    await looks(place)

    assert (unsure.stage, unsure.trouble) == (Stage.ASKING, ReaderNo.SILENT)
    assert (await use_of(place, visit))[1].stage is Stage.SHOWING


async def test_a_card_that_was_taken_while_the_line_broke_is_held(
    place: Scene, bank: ProviderServer
) -> None:
    bank.faults.set([Fault(on="webhook", kind="webhook_lost")])
    reader = await serves(place)
    visit = await opens(place, reader)
    await at(bank, reader.ref, "lose_line")

    await looks(place)

    assert (await place.payment(visit)).state is PaymentState.HELD


async def test_a_driver_who_goes_away_leaves_the_reader_to_the_next(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)
    visit = await opens(place, reader)
    place.clock.jump(actions_reader.LASTS)

    await looks(place)

    gone, use = await use_of(place, visit)
    assert (gone.state, gone.why) == (PaymentState.RELEASED, Why.GAVE_UP)
    assert use.over_at is not None
    assert bank.books.readers[reader.ref].action is None
    assert (await use_of(place, await opens(place, reader)))[1].stage is Stage.SHOWING


async def test_a_reader_that_asks_a_bank_is_not_torn_away_from_it(
    place: Scene, bank: ProviderServer
) -> None:
    """The driver goes while the card is being asked for: what comes of it counts."""
    reader = await serves(place)
    visit = await opens(place, reader)
    payment, _ = await use_of(place, visit)
    await at(bank, reader.ref, "busy")

    left = await actions_reader.leave(place.begin, place.provider, payment.id)
    still, use = await use_of(place, visit)
    with pytest.raises(ReaderInUse):
        await opens(place, reader)
    await at(bank, reader.ref, "online")
    await at(bank, reader.ref, "tap")
    await looks(place)

    assert not left
    assert (still.state, use.stage, use.over_at) == (PaymentState.AWAITING, Stage.LEAVING, None)
    held, over = await use_of(place, visit)
    assert held.state is PaymentState.HELD
    assert over.over_at is not None


async def test_who_left_while_a_bank_was_asked_is_let_go_when_it_said_no(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)
    visit = await opens(place, reader)
    payment, _ = await use_of(place, visit)
    await at(bank, reader.ref, "busy")
    await actions_reader.leave(place.begin, place.provider, payment.id)
    await at(bank, reader.ref, "online")

    await looks(place)

    assert (await place.payment(visit)).state is PaymentState.RELEASED
    assert bank.books.readers[reader.ref].action is None


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "error_500"])
async def test_where_nobody_knows_of_a_hold_the_reader_is_free_again(
    place: Scene, bank: ProviderServer, fault: str
) -> None:
    reader = await serves(place)
    bank.faults.set([Fault(on="hold", kind=fault, times=1)])  # type: ignore[arg-type]
    with pytest.raises(ProviderSilent):
        await opens(place, reader)

    visit = await opens(place, reader)
    await at(bank, reader.ref, "tap")
    place.clock.jump(timedelta(minutes=1))
    await looks(place)
    await payments.resolve_unknown(place.begin, place.provider)
    place.clock.jump(timedelta(minutes=40))
    await sweeps.close_pages(place.begin, place.provider)

    assert (await place.payment(visit)).state is PaymentState.HELD
    assert await place.count("payment_view WHERE state = 'released'") == 1
    assert len([hold for hold in bank.books.holds.values() if hold.card]) == 1


@pytest.mark.patience(2.0)
@pytest.mark.parametrize("fault", ["timeout_before", "timeout_after", "reset_connection_after"])
async def test_an_order_to_show_of_which_nobody_heard_is_looked_after(
    place: Scene, bank: ProviderServer, fault: str
) -> None:
    reader = await serves(place)
    bank.faults.set([Fault(on="show", kind=fault, times=1)])  # type: ignore[arg-type]
    visit = await opens(place, reader)
    place.clock.jump(rules_readers.ANSWERS_WITHIN)

    await looks(place)
    payment, use = await use_of(place, visit)
    if use.stage is Stage.STOPPED:
        await actions_reader.show(place.begin, place.provider, payment.id)
    await at(bank, reader.ref, "tap")
    await looks(place)

    assert use.stage is (Stage.SHOWING if fault.endswith("after") else Stage.STOPPED)
    assert (await place.payment(visit)).state is PaymentState.HELD


async def test_a_reader_serves_its_bays_and_is_registered_once(place: Scene) -> None:
    reader = await serves(place)
    with pytest.raises(readers.ReaderTaken):
        await serves(place, ref=reader.ref)
    with pytest.raises(readers.NotAReaderName):
        await serves(place, name=" ")
    with pytest.raises(readers.NotAPlaceForIt):
        await serves(place, evses=[EvseId(UUID(int=1))])
    async with place.begin() as work:
        await readers.remove(work, reader.party, reader.id)
    with pytest.raises(readers.NoSuchReader):
        async with place.begin() as work:
            await readers.remove(work, reader.party, reader.id)
    with pytest.raises(actions_reader.NotAtThisReader):
        await opens(place, reader)

    of_one = await serves(place, ref=reader.ref, evses=[place.station.evse()])
    async with place.begin() as work:
        here = await readers.serving(work, place.provider, place.station.evse(), of_one.location)
        there = await readers.serving(work, place.provider, EvseId(UUID(int=1)), of_one.location)
    assert ([each.id for each in here], there) == ([of_one.id], [])


async def test_an_unpaid_visit_at_a_reader_is_forgotten_like_any_other(
    place: Scene, bank: ProviderServer
) -> None:
    reader = await serves(place)
    await opens(place, reader)
    place.clock.jump(actions_reader.LASTS)
    await looks(place)
    place.clock.jump(timedelta(days=8))

    assert await sweeps.forget_unpaid(place.begin, 7) == 1
