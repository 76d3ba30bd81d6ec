"""Orders on their way to a station and back, by real sockets."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from voltway.drivers import actions as drivers
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import OrderId, StationId, TokenUid, TransactionRef
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations.orders import (
    Order,
    OrderState,
    RawCall,
    ReadVariables,
    Reset,
    SetVariable,
    StartCharging,
    StopCharging,
    Trigger,
    Unlock,
)


@pytest.fixture
async def door(database: Database, clock: JumpingClock) -> AsyncIterator[Door]:
    async with a_door(database, clock) as opened:
        yield opened


async def place(door: Door, station: StationId, order: Order) -> OrderId:
    async with door.begin() as work:
        return await stations.place_order(work, station, order, "Olga")


async def comes_to(door: Door, order: OrderId, state: OrderState) -> dict[str, Any]:
    """The order once it stands there."""
    (row,) = await door.until_read(
        "SELECT * FROM order_view WHERE id = $1 AND state = $2", order, state.value
    )
    return dict(row)


async def ready(line: Dialled) -> None:
    assert (await line.boot())["status"] == "Accepted"


async def test_a_reset_is_sent_answered_and_done_with_the_boot(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, Reset(immediate=True))

        sent = await line.reply({"status": "Accepted"})
        assert sent == [2, str(order), "Reset", {"type": "Hard"}]
        assert (await comes_to(door, order, OrderState.ANSWERED))["word"] == "Accepted"

    async with dial(door, "CS1") as line:
        await ready(line)
        await comes_to(door, order, OrderState.DONE)


@pytest.fixture
async def token(door: Door) -> TokenUid:
    async with door.begin() as work:
        return TokenUid((await drivers.add_token(work, door.home.party, "04A1B2C3D4E5F6")).uid)


async def test_a_remote_start_and_stop_are_done_with_the_session(
    door: Door, token: TokenUid
) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        start = await place(door, station.id, StartCharging(1, token))
        asked = await line.reply({"status": "Accepted"})
        assert asked[2:] == ["RemoteStartTransaction", {"connectorId": 1, "idTag": token}]
        await comes_to(door, start, OrderState.ANSWERED)

        begun = {"connectorId": 1, "idTag": token, "meterStart": 0}
        started = await line.call(
            "StartTransaction", {**begun, "timestamp": "2026-03-02T12:00:00Z"}
        )
        assert started["idTagInfo"]["status"] == "Accepted"
        row = await comes_to(door, start, OrderState.DONE)
        assert row["session_id"] is not None

        ref = started["transactionId"]
        stop = await place(door, station.id, StopCharging(TransactionRef(str(ref))))
        asked = await line.reply({"status": "Accepted"})
        assert asked[2:] == ["RemoteStopTransaction", {"transactionId": ref}]
        await comes_to(door, stop, OrderState.ANSWERED)
        ended = {"transactionId": ref, "meterStop": 900, "timestamp": "2026-03-02T12:00:00Z"}
        await line.call("StopTransaction", ended)
        assert (await comes_to(door, stop, OrderState.DONE))["session_id"] == row["session_id"]


async def test_a_remote_start_of_two_x_is_done_with_the_session_of_its_number(
    door: Door, token: TokenUid
) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1", "ocpp2.0.1") as line:
        await ready(line)
        start = await place(door, station.id, StartCharging(1, token))
        asked = await line.reply({"status": "Accepted", "transactionId": "T1"})
        assert asked[2] == "RequestStartTransaction"
        await comes_to(door, start, OrderState.ANSWERED)
        event = {
            "eventType": "Started",
            "timestamp": "2026-03-02T12:00:00Z",
            "triggerReason": "RemoteStart",
            "seqNo": 0,
            "transactionInfo": {
                "transactionId": "T1",
                "remoteStartId": asked[3]["remoteStartId"],
            },
            "evse": {"id": 1, "connectorId": 1},
            "idToken": {"idToken": token, "type": "Central"},
        }
        told = await line.call("TransactionEvent", event)
        assert told["idTokenInfo"]["status"] == "Accepted"
        assert (await comes_to(door, start, OrderState.DONE))["session_id"] is not None


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_authorize_tells_known_tokens_from_unknown(
    door: Door, token: TokenUid, version: str
) -> None:
    await door.add("CS1")

    async def standing(line: Dialled, uid: str) -> str:
        if version == "ocpp1.6":
            return str((await line.call("Authorize", {"idTag": uid}))["idTagInfo"]["status"])
        asked = {"idToken": {"idToken": uid, "type": "ISO14443"}}
        return str((await line.call("Authorize", asked))["idTokenInfo"]["status"])

    async with dial(door, "CS1", version) as line:
        assert await standing(line, token) == "Accepted"
        assert await standing(line, "FFFFFFFF") in {"Invalid", "Unknown"}


@pytest.mark.parametrize("version", ["ocpp1.6", "ocpp2.0.1"])
async def test_a_car_that_shows_itself_is_noted_until_its_driver_has_registered_it(
    door: Door, version: str
) -> None:
    station = await door.add("CS1")

    async def standing(line: Dialled) -> str:
        if version == "ocpp1.6":
            told = await line.call("Authorize", {"idTag": "VID:001122aabbcc"})
            return str(told["idTagInfo"]["status"])
        asked = {"idToken": {"idToken": "001122AABBCC", "type": "MacAddress"}}
        return str((await line.call("Authorize", asked))["idTokenInfo"]["status"])

    async with dial(door, "CS1", version) as line:
        refused = await standing(line)
        async with door.begin() as work:
            [seen] = await work.all("SELECT mac, station_id FROM car_seen_view")
            await drivers.add_token(work, station.party, "VID:001122AABBCC", kind=TokenKind.VEHICLE)
        accepted = await standing(line)

    assert (seen["mac"], seen["station_id"]) == ("001122AABBCC", station.id)
    assert (refused in {"Invalid", "Unknown"}, accepted) == (True, "Accepted")


@pytest.mark.parametrize(
    ("version", "refusal"),
    [("ocpp1.6", {"status": "NotSupported"}), ("ocpp2.0.1", {"status": "UnknownConnector"})],
)
async def test_a_refusal_is_the_orders_end(door: Door, version: str, refusal: object) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1", version) as line:
        await ready(line)
        order = await place(door, station.id, Unlock(1))
        await line.reply(refusal)

        row = await comes_to(door, order, OrderState.REFUSED)
        assert row["why"]


async def test_an_error_is_the_orders_end(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, Trigger("Heartbeat"))
        sent = await line.hear()
        await line.say(json.dumps([4, sent[1], "GenericError", "no", {}]))

        assert (await comes_to(door, order, OrderState.REFUSED))["answered"] == "error"


async def test_a_trigger_is_done_with_its_message(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1", "ocpp2.0.1") as line:
        await ready(line)
        order = await place(door, station.id, Trigger("Heartbeat"))
        await line.reply({"status": "Accepted"})
        await comes_to(door, order, OrderState.ANSWERED)
        await line.call("Heartbeat", {})

        await comes_to(door, order, OrderState.DONE)


async def test_a_variable_is_read_back_by_itself(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, SetVariable("HeartbeatInterval", "60"))
        await line.reply({"status": "Accepted"})
        reading = await line.reply(
            {"configurationKey": [{"key": "HeartbeatInterval", "readonly": False, "value": "60"}]}
        )
        assert reading[2:] == ["GetConfiguration", {"key": ["HeartbeatInterval"]}]

        await comes_to(door, order, OrderState.DONE)
        (kept,) = await door.read("SELECT name, value FROM station_variable")
        assert kept == {"name": "HeartbeatInterval", "value": "60"}


async def test_a_variable_of_two_x_is_read_back_by_itself(door: Door) -> None:
    station = await door.add("CS1")
    where = {"component": {"name": "OCPPCommCtrlr"}, "variable": {"name": "HeartbeatInterval"}}
    async with dial(door, "CS1", "ocpp2.0.1") as line:
        await ready(line)
        wanted = SetVariable("OCPPCommCtrlr.HeartbeatInterval", "60")
        order = await place(door, station.id, wanted)
        sent = await line.reply({"setVariableResult": [{"attributeStatus": "Accepted", **where}]})
        assert sent[2:] == [
            "SetVariables",
            {"setVariableData": [{"attributeValue": "60", **where}]},
        ]
        reading = await line.reply(
            {
                "getVariableResult": [
                    {"attributeStatus": "Accepted", "attributeValue": "60", **where}
                ]
            }
        )
        assert reading[2:] == ["GetVariables", {"getVariableData": [where]}]

        await comes_to(door, order, OrderState.DONE)
        (kept,) = await door.read("SELECT component, name, value FROM station_variable")
        assert kept == {"component": "OCPPCommCtrlr", "name": "HeartbeatInterval", "value": "60"}


async def test_the_whole_configuration_of_two_x_comes_as_a_report(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1", "ocpp2.0.1") as line:
        await ready(line)
        order = await place(door, station.id, ReadVariables())
        sent = await line.reply({"status": "Accepted"})
        assert sent[2] == "GetBaseReport"
        for seq in range(2):
            await comes_to(door, order, OrderState.ANSWERED)
            part = {
                "component": {"name": "EVSE", "evse": {"id": seq + 1}},
                "variable": {"name": "Power"},
                "variableAttribute": [{"value": "7400", "mutability": "ReadOnly"}],
            }
            told = await line.call(
                "NotifyReport",
                {
                    "requestId": sent[3]["requestId"],
                    "generatedAt": "2026-03-02T12:00:00Z",
                    "seqNo": seq,
                    "tbc": seq == 0,
                    "reportData": [part],
                },
            )
            assert told == {}

        await comes_to(door, order, OrderState.DONE)
        rows = await door.read("SELECT evse, value FROM station_variable ORDER BY evse")
        assert rows == [{"evse": 1, "value": "7400"}, {"evse": 2, "value": "7400"}]


async def test_what_the_version_cannot_say_is_refused_with_the_reason(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, Reset(evse=1))

        row = await comes_to(door, order, OrderState.REFUSED)
        assert row["why"].startswith("OCPP 1.6 has no words for this")


async def test_one_order_is_open_at_a_time_and_calls_are_answered_meanwhile(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        orders = [await place(door, station.id, RawCall("ClearCache", "{}")) for _ in range(3)]
        for order in orders:
            sent = await line.hear()
            assert sent[1] == str(order)
            assert "currentTime" in await line.call("Heartbeat", {})
            await line.say(json.dumps([3, sent[1], {"status": "Accepted"}]))
            await comes_to(door, order, OrderState.DONE)


async def test_nothing_is_sent_before_the_first_message_is_answered(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        station = await door.add("CS1")
        await place(door, station.id, RawCall("ClearCache", "{}"))
        async with dial(door, "CS1") as line:
            await door.until_read("SELECT 1 FROM station_view WHERE connected")
            await line.say(json.dumps([2, "boot", "Heartbeat", {}]))
            assert (await line.hear())[:2] == [3, "boot"]
            assert (await line.hear())[2] == "ClearCache"


async def test_an_order_waits_for_a_station_that_is_away(door: Door) -> None:
    station = await door.add("CS1")
    order = await place(door, station.id, RawCall("ClearCache", "{}"))
    async with dial(door, "CS1") as line:
        await ready(line)
        assert (await line.reply({"status": "Accepted"}))[1] == str(order)
        await comes_to(door, order, OrderState.DONE)


async def test_late_doubled_and_unknown_replies_are_credited_to_nobody(
    door: Door, clock: JumpingClock
) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        first = await place(door, station.id, Unlock(1))
        await line.reply({"status": "Unlocked"})
        await comes_to(door, first, OrderState.DONE)

        second = await place(door, station.id, Unlock(1))
        sent = await line.hear()
        for stray in (str(first), "-1", "old-id", "019cae6b-6600-7a44-abef-b394ab68b0b6"):
            await line.say(json.dumps([3, stray, {"status": "UnlockFailed"}]))
        assert "currentTime" in await line.call("Heartbeat", {})
        (row,) = await door.read("SELECT state FROM order_view WHERE id = $1", second)
        assert row["state"] == "sent"
        (row,) = await door.read("SELECT history FROM order_view WHERE id = $1", first)
        assert [entry["word"] for entry in row["history"]] == ["UnlockFailed"]

        await line.say(json.dumps([3, sent[1], {"status": "Unlocked"}]))
        await comes_to(door, second, OrderState.DONE)


async def test_a_reply_on_a_new_socket_still_finds_its_order(door: Door) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, Unlock(1))
        sent = await line.hear()
    async with dial(door, "CS1") as line:
        await ready(line)
        await line.say(json.dumps([3, sent[1], {"status": "Unlocked"}]))
        await comes_to(door, order, OrderState.DONE)


async def test_a_reply_to_an_order_of_a_process_that_died_finds_it(
    database: Database, clock: JumpingClock
) -> None:
    async with a_door(database, clock) as door:
        station = await door.add("CS1")
        async with dial(door, "CS1") as line:
            await ready(line)
            order = await place(door, station.id, Unlock(1))
            sent = await line.hear()
            await door.server.drain()
    async with a_door(database, clock) as door, dial(door, "CS1") as line:
        await ready(line)
        await line.say(json.dumps([3, sent[1], {"status": "Unlocked"}]))
        await comes_to(door, order, OrderState.DONE)


async def test_an_order_nobody_answers_is_silent(door: Door, clock: JumpingClock) -> None:
    station = await door.add("CS1")
    async with dial(door, "CS1") as line:
        await ready(line)
        order = await place(door, station.id, StartCharging(1, TokenUid("A")))
        await line.hear()
        clock.jump(timedelta(seconds=60))
        await stations.end_overdue_orders(door.begin)

        (row,) = await door.read("SELECT state, why FROM order_view WHERE id = $1", order)
        assert row == {"state": "silent", "why": "The station did not answer in time."}


async def test_orders_of_many_stations_go_out_together(door: Door) -> None:
    added = [await door.add(f"CS{number}") for number in range(10)]

    async def obey(name: str) -> str:
        async with dial(door, name) as line:
            await ready(line)
            return str((await line.reply({"status": "Accepted"}))[1])

    async def order_all() -> set[str]:
        return {str(await place(door, each.id, RawCall("ClearCache", "{}"))) for each in added}

    heard = asyncio.gather(*(obey(each.identity) for each in added))
    placed = await order_all()
    assert set(await heard) == placed
