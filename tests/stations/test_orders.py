"""The walk of an order, against a real PostgreSQL."""

from datetime import timedelta
from uuid import uuid4

import pytest

from tests.network import a_party
from tests.stations.floor import (
    CHARGE,
    a_station,
    asked,
    facts,
    place,
    reply,
    send,
    state,
    status,
    tell,
)
from voltway.kernel.ids import PartyId, SessionId, TokenUid, TransactionRef
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.stations import actions
from voltway.stations.model import (
    Station,
)
from voltway.stations.orders import (
    Answered,
    ChangeAvailability,
    OrderState,
    Outcome,
    ReadVariables,
    Reset,
    SetVariable,
    StartCharging,
    StopCharging,
    Trigger,
    Variable,
)
from voltway.stations.reports import (
    Booted,
    PortStatus,
)


async def test_a_start_is_done_with_its_session(begin: BeginWork, station: Station) -> None:
    order = await asked(begin, station, CHARGE)
    assert await state(begin, order) is OrderState.ANSWERED

    async with begin() as work:
        session = SessionId(uuid4())
        await actions.effect_of_start(work, station.id, 1, TokenUid("other"), None, session)
        assert (await actions.order(work, order)).is_open
        await actions.effect_of_start(work, station.id, 1, TokenUid("card"), None, session)
        after = await actions.order(work, order)

    assert after.took_effect
    assert after.session == session
    assert await facts(begin, "OrderEnded") == 1


async def test_a_start_in_two_x_is_known_by_its_number(begin: BeginWork, station: Station) -> None:
    order = await asked(begin, station, CHARGE)
    async with begin() as work:
        placed = (await actions.order(work, order)).order
        assert isinstance(placed, StartCharging)
        number = placed.remote_start_id
        assert number > 0, "a start without a number is given one"
        await actions.effect_of_start(work, station.id, 1, None, number, SessionId(uuid4()))

    assert await state(begin, order) is OrderState.DONE


async def test_a_start_that_nothing_follows_is_without_effect(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    order = await asked(begin, station, CHARGE)
    clock.jump(timedelta(seconds=119))
    assert await actions.end_overdue_orders(begin) == 0

    clock.jump(timedelta(seconds=1))
    assert await actions.end_overdue_orders(begin) == 1

    async with begin() as work:
        after = await actions.order(work, order)
    assert after.state is OrderState.WITHOUT_EFFECT
    assert after.why == "The station accepted, but no session started in time."


async def test_an_order_without_answer_is_silent_and_one_never_sent_expires(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    first = await place(begin, station, CHARGE)
    second = await place(begin, station, Reset(), expires_s=30)
    assert (await send(begin, station)).id == first

    clock.jump(timedelta(seconds=60))
    await actions.end_overdue_orders(begin)

    assert await state(begin, first) is OrderState.SILENT
    assert await state(begin, second) is OrderState.EXPIRED
    async with begin() as work:
        assert await actions.take_orders(work, [station.id]) == []


async def test_a_late_or_doubled_reply_is_kept_and_moves_nothing(
    begin: BeginWork, station: Station, clock: JumpingClock
) -> None:
    order = await place(begin, station, CHARGE)
    await send(begin, station)
    clock.jump(timedelta(seconds=61))
    await actions.end_overdue_orders(begin)

    await reply(begin, station, order)

    async with begin() as work:
        after = await actions.order(work, order)
    assert after.state is OrderState.SILENT
    assert [entry["word"] for entry in after.history] == ["Accepted"]


async def test_a_reply_of_another_station_is_nothing(begin: BeginWork, station: Station) -> None:
    order = await place(begin, station, CHARGE)
    await send(begin, station)
    async with begin() as work:
        other = await a_station(work, "CS2")

    await reply(begin, other, order)

    assert await state(begin, order) is OrderState.SENT


async def test_a_refusal_says_the_stations_word(begin: BeginWork, station: Station) -> None:
    order = await place(begin, station, CHARGE)
    await send(begin, station)
    await reply(begin, station, order, Outcome(Answered.REJECTED, "Rejected."))

    async with begin() as work:
        after = await actions.order(work, order)
    assert after.state is OrderState.REFUSED
    assert after.why == "The station refused: Rejected."


async def test_a_stop_goes_before_a_start_and_each_goes_once(
    begin: BeginWork, station: Station
) -> None:
    await place(begin, station, Trigger("Heartbeat"))
    start = await place(begin, station, CHARGE)
    stop = await place(begin, station, StopCharging(TransactionRef("7")))

    assert (await send(begin, station)).id == stop
    assert (await send(begin, station)).id == start
    async with begin() as work:
        assert [each.state for each in await actions.orders_of(work, station.id)] == [
            OrderState.SENT,
            OrderState.SENT,
            OrderState.QUEUED,
        ]


async def test_a_stop_is_done_with_the_end_of_its_session(
    begin: BeginWork, station: Station
) -> None:
    order = await asked(begin, station, StopCharging(TransactionRef("7")))
    async with begin() as work:
        await actions.effect_of_stop(work, station.id, TransactionRef("8"))
        assert (await actions.order(work, order)).is_open
        await actions.effect_of_stop(work, station.id, TransactionRef("7"))

    assert await state(begin, order) is OrderState.DONE


async def test_a_reset_is_done_when_the_station_boots_even_before_it_answered(
    begin: BeginWork, station: Station
) -> None:
    order = await place(begin, station, Reset())
    await send(begin, station)
    await tell(begin, station, Booted("Acme", "One"))

    assert await state(begin, order) is OrderState.DONE


async def test_availability_is_done_with_the_status(begin: BeginWork, station: Station) -> None:
    await tell(begin, station, status(PortStatus.AVAILABLE), action="StatusNotification")
    order = await asked(begin, station, ChangeAvailability(operative=False, evse=1))
    await tell(begin, station, status(PortStatus.AVAILABLE), action="StatusNotification")
    assert await state(begin, order) is OrderState.ANSWERED

    await tell(begin, station, status(PortStatus.UNAVAILABLE), action="StatusNotification")

    assert await state(begin, order) is OrderState.DONE


async def test_availability_that_is_so_already_is_done_with_the_answer(
    begin: BeginWork, station: Station
) -> None:
    await tell(begin, station, status(PortStatus.UNAVAILABLE))
    order = await asked(begin, station, ChangeAvailability(operative=False, evse=1))

    assert await state(begin, order) is OrderState.DONE


async def test_a_trigger_is_done_with_the_message(begin: BeginWork, station: Station) -> None:
    order = await asked(begin, station, Trigger("StatusNotification", evse=1))
    await tell(begin, station, status(PortStatus.AVAILABLE, evse=2), action="StatusNotification")
    assert await state(begin, order) is OrderState.ANSWERED
    await tell(begin, station, status(PortStatus.AVAILABLE), action="StatusNotification")

    assert await state(begin, order) is OrderState.DONE


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        pytest.param((Variable("Heartbeat", "60"),), OrderState.DONE, id="the same"),
        pytest.param((Variable("Heartbeat", "300"),), OrderState.WITHOUT_EFFECT, id="the old one"),
        pytest.param((), OrderState.WITHOUT_EFFECT, id="not told"),
    ],
)
async def test_a_variable_is_set_when_it_can_be_read_back(
    begin: BeginWork, station: Station, told: tuple[Variable, ...], expected: OrderState
) -> None:
    order = await asked(begin, station, SetVariable("Heartbeat", "60"))
    assert await state(begin, order) is OrderState.ANSWERED

    reading = await send(begin, station)
    assert reading.order == ReadVariables(("Heartbeat",))
    await reply(begin, station, reading.id, Outcome(Answered.ACCEPTED, "Accepted", variables=told))

    assert await state(begin, order) is expected
    assert await state(begin, reading.id) is OrderState.DONE


async def test_a_variable_that_needs_a_reboot_is_read_back_after_it(
    begin: BeginWork, station: Station
) -> None:
    order = await place(begin, station, SetVariable("Heartbeat", "60"))
    await send(begin, station)
    await reply(begin, station, order, Outcome(Answered.REBOOT_REQUIRED, "RebootRequired"))
    async with begin() as work:
        assert await actions.stations_with_orders(work) == []

    await tell(begin, station, Booted("Acme", "One"))

    assert (await send(begin, station)).reads_back == order


async def test_an_order_is_taken_back_only_before_it_is_sent(
    begin: BeginWork, station: Station
) -> None:
    order = await place(begin, station, CHARGE)
    second = await place(begin, station, CHARGE)
    await send(begin, station)
    async with begin() as work:
        await actions.cancel_order(work, second)
        with pytest.raises(actions.OrderUnderWay):
            await actions.cancel_order(work, order)

    assert await state(begin, second) is OrderState.CANCELLED


async def test_an_order_to_a_station_of_another_party_is_refused(
    begin: BeginWork, station: Station
) -> None:
    async with begin() as work:
        other = await a_party(work)
    async with begin(PartyId(other.id)) as work:
        with pytest.raises(actions.NoSuchStation):
            await actions.place_order(work, station.id, Reset(), "Mallory")
        assert await actions.orders_of(work, station.id) == []


async def test_an_order_whose_socket_was_gone_is_sent_on_the_next(
    begin: BeginWork, station: Station
) -> None:
    order = await place(begin, station, CHARGE)
    await send(begin, station)
    async with begin() as work:
        await actions.put_back_order(work, order)

    assert (await send(begin, station)).id == order


async def test_an_order_that_was_answered_is_not_put_back(
    begin: BeginWork, station: Station
) -> None:
    order = await asked(begin, station, CHARGE)
    async with begin() as work:
        await actions.put_back_order(work, order)

    assert await state(begin, order) is OrderState.ANSWERED
