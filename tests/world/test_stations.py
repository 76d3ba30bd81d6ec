"""Simulated stations keep to OCPP 1.6J and 2.0.1, against a central system that only records."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.world.central import PATIENCE_S, Central
from voltway_world.stations import (
    CallRefused,
    CannotDo,
    EvseSpec,
    LineLost,
    Options,
    Station,
    some_car,
)

NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
BOTH = pytest.mark.parametrize("version", ["1.6", "2.0.1"])


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central() as listening:
        yield listening


def a_station(central: Central, version: str, evses: int = 1, **options: Any) -> Station:
    quick = {"tick_s": 0, "reconnect_s": 0.01, "retry_s": 0.01, "reboot_s": 0.01}
    specs = [EvseSpec(n + 1, power_w=11_000, register_wh=50_000) for n in range(evses)]
    return Station(
        central.url,
        "ST-1",
        "secret-key",
        version,
        specs,
        clock=lambda: NOON,
        options=Options(**quick | options),
    )


async def online(station: Station) -> None:
    async with asyncio.timeout(PATIENCE_S):
        await station.online()
        await station.settled()


def events(central: Central) -> list[dict[str, Any]]:
    return central.said("TransactionEvent")


@BOTH
async def test_a_station_boots_with_its_key_and_tells_the_status_of_each_connector(
    version: str,
) -> None:
    async with Central(key="secret-key") as central, a_station(central, version, 2) as station:
        await online(station)

    statuses = central.said("StatusNotification")
    assert central.actions()[0] == "BootNotification"
    if version == "1.6":
        assert [s["connectorId"] for s in statuses] == [0, 1, 2]
        assert {s["status"] for s in statuses} == {"Available"}
    else:
        assert [s["evseId"] for s in statuses] == [1, 2]
        assert {s["connectorStatus"] for s in statuses} == {"Available"}


async def test_a_wrong_key_is_turned_away_and_tried_again() -> None:
    async with Central(key="another") as central, a_station(central, "1.6") as station:
        await central.until(lambda: central.turned_away >= 2)
        assert not station.is_online
    assert central.calls == []


async def test_a_pending_boot_is_repeated(central: Central) -> None:
    answers = iter(["Pending", "Rejected"])

    def boot(payload: Any) -> Any:
        status = next(answers, "Accepted")
        return {"currentTime": NOON.isoformat(), "interval": 0, "status": status}

    central.answers["BootNotification"] = boot
    async with a_station(central, "2.0.1") as station:
        await online(station)
    assert len(central.said("BootNotification")) == 3


@BOTH
async def test_the_station_takes_the_time_from_the_central_system(
    central: Central, version: str
) -> None:
    central.now = NOON + timedelta(days=3)
    async with a_station(central, version) as station:
        await online(station)
        assert station.now() == NOON + timedelta(days=3)


async def test_a_16_session_from_remote_start_to_remote_stop(central: Central) -> None:
    async with a_station(central, "1.6", meter_interval_s=60) as station:
        await online(station)
        start = {"connectorId": 1, "idTag": "ABBA01"}
        assert await central.obeyed("RemoteStartTransaction", start) == {"status": "Accepted"}
        await station.settled()
        assert "StartTransaction" not in central.actions()

        await station.plug_in(1, some_car("volkswagen-id3", soc=40))
        begun = central.said("StartTransaction")[0]
        assert begun == {
            "connectorId": 1,
            "idTag": "ABBA01",
            "meterStart": 50_000,
            "timestamp": "2026-03-02T12:00:00Z",
        }
        for _ in range(3):
            station.pass_time(60)
        await station.settled()
        read = central.said("MeterValues")
        samples = {s["measurand"]: s["value"] for s in read[-1]["meterValue"][0]["sampledValue"]}
        assert [r["transactionId"] for r in read] == [1001] * 3
        assert samples["Energy.Active.Import.Register"] == "50550"
        assert samples["Power.Active.Import"] == "11000"

        assert (await central.obeyed("RemoteStopTransaction", {"transactionId": 1001}))[
            "status"
        ] == "Accepted"
        await central.hears("StopTransaction")
        await station.unplug(1)

    stop = central.said("StopTransaction")[0]
    assert (stop["transactionId"], stop["meterStop"], stop["reason"]) == (1001, 50_550, "Remote")
    statuses = [s["status"] for s in central.said("StatusNotification") if s["connectorId"] == 1]
    assert statuses == ["Available", "Preparing", "Charging", "Finishing", "Available"]


async def test_a_201_session_from_remote_start_to_remote_stop(central: Central) -> None:
    async with a_station(central, "2.0.1", meter_interval_s=60) as station:
        await online(station)
        start = {"idToken": {"idToken": "ABBA01", "type": "Central"}, "remoteStartId": 7}
        assert (await central.obeyed("RequestStartTransaction", start))["status"] == "Accepted"
        await station.plug_in(1, some_car("volkswagen-id3", soc=40))
        station.pass_time(60)
        await station.settled()
        ref = events(central)[0]["transactionInfo"]["transactionId"]
        await central.obeyed("RequestStopTransaction", {"transactionId": ref})
        await central.hears("TransactionEvent", 3)

    started, updated, ended = events(central)
    assert (started["eventType"], started["triggerReason"]) == ("Started", "RemoteStart")
    assert started["transactionInfo"]["remoteStartId"] == 7
    assert started["transactionInfo"]["chargingState"] == "Charging"
    assert started["idToken"] == {"idToken": "ABBA01", "type": "Central"}
    assert updated["triggerReason"] == "MeterValuePeriodic"
    assert updated["meterValue"][0]["sampledValue"][0]["value"] == 50_183
    assert ended["triggerReason"] == "RemoteStop"
    assert ended["transactionInfo"]["stoppedReason"] == "Remote"
    assert [e["seqNo"] for e in events(central)] == [0, 1, 2]
    assert {e["transactionInfo"]["transactionId"] for e in events(central)} == {ref}


async def test_a_201_transaction_may_begin_with_the_cable(central: Central) -> None:
    async with a_station(central, "2.0.1", starts_at="EVConnected") as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "04AABBCC")
        await station.present_token(1, "04aabbcc")

    plugged, authorised, ended = events(central)
    assert plugged["triggerReason"] == "CablePluggedIn"
    assert "idToken" not in plugged
    assert plugged["transactionInfo"]["chargingState"] == "EVConnected"
    assert authorised["idToken"]["idToken"] == "04AABBCC"
    assert ended["triggerReason"] == "StopAuthorized"


@BOTH
async def test_a_plug_that_never_comes_ends_the_remote_start(
    central: Central, version: str
) -> None:
    async with a_station(central, version, connection_timeout_s=0.02) as station:
        await online(station)
        if version == "1.6":
            await central.obeyed("RemoteStartTransaction", {"connectorId": 1, "idTag": "A"})
            await central.hears("StatusNotification", 4)
        else:
            station.options.starts_at = "Authorized"
            token = {"idToken": "A", "type": "Central"}
            await central.obeyed("RequestStartTransaction", {"idToken": token, "remoteStartId": 1})
            await central.hears("TransactionEvent", 2)
            assert events(central)[-1]["triggerReason"] == "EVConnectTimeout"
        assert station.forecourt.bay(1).token is None


@BOTH
async def test_a_full_car_stops_drawing_and_stays_until_it_is_unplugged(
    central: Central, version: str
) -> None:
    async with a_station(central, version, meter_interval_s=0) as station:
        await online(station)
        await station.plug_in(1, some_car("volkswagen-id3", soc=99, target=100))
        await station.present_token(1, "CARD")
        for _ in range(300):
            station.pass_time(60)
        full_at = station.forecourt.bay(1).register_wh
        station.pass_time(3600)
        assert station.forecourt.bay(1).register_wh == full_at
        await station.unplug(1)

    # One percent of 58 kWh, and the car's charger loses a tenth.
    assert full_at - 50_000 == 644
    if version == "1.6":
        words = [s["status"] for s in central.said("StatusNotification")]
        assert "SuspendedEV" in words
        assert central.said("StopTransaction")[0]["reason"] == "EVDisconnected"
    else:
        states = [e["transactionInfo"].get("chargingState") for e in events(central)]
        assert states == ["Charging", "SuspendedEV", None]


async def test_a_car_is_not_charged_for_the_time_before_it_came(central: Central) -> None:
    """A long tick, and a visit that begins and ends within it: the meter moves by the visit."""
    loop = asyncio.get_running_loop()
    async with a_station(central, "2.0.1", tick_s=3600) as station:
        await online(station)
        station.speed = 10_000.0
        came = loop.time()
        await station.plug_in(1, some_car("tesla-model-3", soc=0))
        await station.present_token(1, "CARD")
        await station.unplug(1)
        stayed_s = loop.time() - came

    begun, ended = events(central)
    energy_wh = _register(ended) - _register(begun)
    assert 0 < energy_wh <= 11_000 * stayed_s * 10_000 / 3600


def _register(event: dict[str, Any]) -> int:
    return int(event["meterValue"][0]["sampledValue"][0]["value"])


@BOTH
async def test_a_refused_card_ends_the_session_that_it_began(
    central: Central, version: str
) -> None:
    no = {"idTagInfo": {"status": "Blocked"}, "transactionId": 5}
    central.answers["StartTransaction"] = lambda _: no
    central.answers["TransactionEvent"] = lambda _: {"idTokenInfo": {"status": "Blocked"}}
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
    if version == "1.6":
        assert central.said("StopTransaction")[0]["reason"] == "DeAuthorized"
    else:
        assert events(central)[-1]["transactionInfo"]["stoppedReason"] == "DeAuthorized"


async def test_16_messages_kept_through_an_outage_come_in_order_with_their_number(
    central: Central,
) -> None:
    async with a_station(central, "1.6", 2) as station:
        await online(station)
        station.go_offline()
        begun = station.start(1, "CARD", 1_000, NOON)
        for minute in range(1, 4):
            station.meter(1, 1_000 + minute * 100, NOON + timedelta(minutes=minute))
        station.stop(1, 1_400, NOON + timedelta(minutes=4))
        second = station.start(1, "OTHER", 1_400, NOON + timedelta(minutes=5))
        done = station.stop(1, 1_500, NOON + timedelta(minutes=6))
        assert "StartTransaction" not in central.actions()
        station.come_back()
        async with asyncio.timeout(PATIENCE_S):
            first, other, _ = await begun, await second, await done

    kept = ("StartTransaction", "MeterValues", "StopTransaction")
    told = [a for a in central.actions() if a in kept]
    assert told == [kept[0], *[kept[1]] * 3, kept[2], kept[0], kept[2]]
    assert (first.ref, other.ref) == (1001, 1002)
    assert [m["transactionId"] for m in central.said("MeterValues")] == [1001] * 3
    assert [s["transactionId"] for s in central.said("StopTransaction")] == [1001, 1002]
    assert central.said("StopTransaction")[0]["timestamp"] == "2026-03-02T12:04:00Z"
    assert central.boots == 1


async def test_201_messages_made_offline_say_so_and_keep_their_numbers(central: Central) -> None:
    async with a_station(central, "2.0.1") as station:
        await online(station)
        begun = station.start(1, "CARD", 1_000, NOON)
        async with asyncio.timeout(PATIENCE_S):
            await begun
        station.go_offline()
        station.meter(1, 1_100, NOON + timedelta(minutes=1))
        done = station.stop(1, 1_200, NOON + timedelta(minutes=2))
        station.come_back()
        async with asyncio.timeout(PATIENCE_S):
            await done

    assert [e["seqNo"] for e in events(central)] == [0, 1, 2]
    assert [e.get("offline", False) for e in events(central)] == [False, True, True]


async def test_a_card_starts_a_session_while_the_station_is_offline(central: Central) -> None:
    async with a_station(central, "2.0.1") as station:
        await online(station)
        station.go_offline()
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        station.pass_time(10)
        station.come_back()
        await central.hears("TransactionEvent", 2)
    assert central.said("Authorize") == []
    assert all(event["offline"] for event in events(central))


@BOTH
@pytest.mark.parametrize("keeps_message_id", [True, False])
async def test_a_call_whose_answer_was_lost_is_sent_again_with_the_same_content(
    central: Central, version: str, keeps_message_id: bool
) -> None:
    action = "StartTransaction" if version == "1.6" else "TransactionEvent"
    async with a_station(central, version, keeps_message_id=keeps_message_id) as station:
        await online(station)
        central.swallows[action] = 2
        async with asyncio.timeout(PATIENCE_S):
            await station.start(1, "CARD", 1_000, NOON)
            await station.stop(1, 1_000, NOON)

    same = [c for c in central.calls if c[2] == action][:3]
    assert same[0][3] == same[1][3] == same[2][3]
    assert len({call[1] for call in same}) == (1 if keeps_message_id else 3)


@BOTH
async def test_a_killed_central_system_that_comes_back_hears_everything(version: str) -> None:
    central = Central()
    await central.start()
    async with a_station(central, version) as station:
        await online(station)
        async with asyncio.timeout(PATIENCE_S):
            await station.start(1, "CARD", 0, NOON)
        await central.die()
        told = [station.meter(1, n, NOON + timedelta(seconds=n)) for n in range(1, 50)]
        told.append(station.stop(1, 50, NOON + timedelta(minutes=1)))
        await central.start()
        async with asyncio.timeout(PATIENCE_S):
            await asyncio.gather(*told)
    await central.die()

    assert central.wrong == []
    if version == "1.6":
        assert len(central.said("MeterValues")) == 49
        assert len(central.said("StopTransaction")) == 1
    else:
        assert [e["seqNo"] for e in events(central)] == list(range(51))


async def test_a_raw_call_gives_its_answer_and_is_lost_with_the_line(central: Central) -> None:
    async with a_station(central, "1.6") as station:
        await online(station)
        answer = await station.call("DataTransfer", {"vendorId": "x"})
        assert answer == {"status": "Accepted"}
        central.swallows["DataTransfer"] = 1
        with pytest.raises(LineLost):
            await station.call("DataTransfer", {"vendorId": "x"})
        assert await station.call("DataTransfer", {"vendorId": "x"}, kept=True) == answer


async def test_a_call_refused_is_raised_with_its_code(central: Central) -> None:
    async with a_station(central, "1.6") as station:
        await online(station)
        central.refuses["DataTransfer"] = 1
        with pytest.raises(CallRefused, match="InternalError: Not today"):
            await station.call("DataTransfer", {"vendorId": "x"})


@BOTH
async def test_a_refused_transaction_message_is_tried_three_times_and_then_dropped(
    central: Central, version: str
) -> None:
    action = "MeterValues" if version == "1.6" else "TransactionEvent"
    async with a_station(central, version) as station:
        await online(station)
        async with asyncio.timeout(PATIENCE_S):
            await station.start(1, "CARD", 0, NOON)
            before = len(central.said(action))
            central.refuses[action] = 3
            with pytest.raises(CallRefused):
                await station.meter(1, 10, NOON)
            assert len(central.said(action)) == before + 3
            await station.stop(1, 20, NOON)


@BOTH
async def test_an_order_is_answered_while_a_call_of_the_station_is_open(
    central: Central, version: str
) -> None:
    """One call at a time in each direction, but reading never waits on writing."""
    async with a_station(central, version) as station:
        await online(station)
        central.ignores["DataTransfer"] = 1
        asked = asyncio.create_task(station.call("DataTransfer", {"vendorId": "x"}))
        await central.hears("DataTransfer")
        frame = await central.order("DataTransfer", {"vendorId": "someone"})
        assert frame[2]["status"] == "UnknownVendorId"
        unknown = await central.order("SendLocalList", _local_list(version))
        assert unknown[2] == "NotImplemented"
        assert not asked.done()
    with pytest.raises(LineLost):
        await asked


@BOTH
async def test_a_transaction_message_that_nobody_answers_is_sent_again(
    central: Central, version: str
) -> None:
    action = "StopTransaction" if version == "1.6" else "TransactionEvent"
    async with a_station(central, version, answer_within_s=0.5) as station:
        await online(station)
        async with asyncio.timeout(PATIENCE_S):
            await station.start(1, "CARD", 0, NOON)
            before = len(central.said(action))
            central.ignores[action] = 2
            await station.stop(1, 5, NOON)
    said = central.said(action)[before:]
    assert len(said) == 3
    assert said[0] == said[1] == said[2]


@BOTH
async def test_a_latecomer_of_an_ended_session_still_names_it(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        async with asyncio.timeout(PATIENCE_S):
            session = await station.start(1, "CARD", 0, NOON)
            await station.stop(1, 50, NOON + timedelta(minutes=9))
            await station.meter(1, 40, NOON + timedelta(minutes=5), session=session)
    if version == "1.6":
        assert central.said("MeterValues")[0]["transactionId"] == session.ref
    else:
        assert events(central)[-1]["transactionInfo"]["transactionId"] == session.ref


async def test_a_connector_is_unlocked_but_in_201_not_under_a_session(central: Central) -> None:
    async with a_station(central, "2.0.1") as station:
        await online(station)
        where = {"evseId": 1, "connectorId": 1}
        assert (await central.obeyed("UnlockConnector", where))["status"] == "Unlocked"
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        answer = await central.obeyed("UnlockConnector", where)
        assert answer["status"] == "OngoingAuthorizedTransaction"
        nowhere = await central.obeyed("UnlockConnector", where | {"evseId": 9})
        assert nowhere["status"] == "UnknownConnector"


async def test_in_16_unlocking_ends_the_session(central: Central) -> None:
    async with a_station(central, "1.6") as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        answer = await central.obeyed("UnlockConnector", {"connectorId": 1})
        assert answer["status"] == "Unlocked"
        stop = (await central.hears("StopTransaction"))[0]
    assert stop["reason"] == "UnlockCommand"


@BOTH
async def test_a_remote_start_where_nothing_is_free_is_rejected(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        if version == "1.6":
            answer = await central.obeyed("RemoteStartTransaction", {"idTag": "B"})
        else:
            token = {"idToken": "B", "type": "Central"}
            start = {"idToken": token, "remoteStartId": 2}
            answer = await central.obeyed("RequestStartTransaction", start)
    assert answer["status"] == "Rejected"


def _local_list(version: str) -> dict[str, Any]:
    if version == "1.6":
        return {"listVersion": 1, "updateType": "Full"}
    return {"versionNumber": 1, "updateType": "Full"}


@BOTH
async def test_a_reset_ends_sessions_and_boots_again(central: Central, version: str) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        kind = "Hard" if version == "1.6" else "Immediate"
        await central.obeyed("Reset", {"type": kind})
        await central.hears("BootNotification", 2)
    if version == "1.6":
        assert central.said("StopTransaction")[0]["reason"] == "HardReset"
    else:
        assert central.said("BootNotification")[1]["reason"] == "RemoteReset"
        assert events(central)[-1]["transactionInfo"]["stoppedReason"] == "ImmediateReset"


@BOTH
async def test_a_power_failure_ends_the_session_after_the_next_boot(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        station.power_cycle()
        if version == "1.6":
            stop = (await central.hears("StopTransaction"))[0]
            assert stop["reason"] == "PowerLoss"
        else:
            await central.hears("TransactionEvent", 2)
            assert events(central)[-1]["transactionInfo"]["stoppedReason"] == "PowerLoss"
    assert len(central.said("BootNotification")) == 2


@BOTH
async def test_a_faulted_evse_says_so_and_takes_no_start(central: Central, version: str) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.fault(1)
        last = central.said("StatusNotification")[-1]
        assert (last.get("status") or last.get("connectorStatus")) == "Faulted"
        with pytest.raises(CannotDo):
            await station.present_token(1, "CARD")
        await station.repair(1)
        last = central.said("StatusNotification")[-1]
        assert (last.get("status") or last.get("connectorStatus")) == "Available"


async def test_16_configuration_is_read_changed_and_read_back(central: Central) -> None:
    async with a_station(central, "1.6") as station:
        await online(station)

        async def change(key: str, value: str) -> str:
            answer = await central.obeyed("ChangeConfiguration", {"key": key, "value": value})
            return str(answer["status"])

        assert await change("MeterValueSampleInterval", "5") == "Accepted"
        assert await change("meterValueSampleInterval", "often") == "Rejected"
        assert await change("NumberOfConnectors", "9") == "Rejected"
        assert await change("Colour", "red") == "NotSupported"
        asked = {"key": ["MeterValueSampleInterval", "AuthorizationKey", "Colour"]}
        answer = await central.obeyed("GetConfiguration", asked)
        assert answer["configurationKey"][0]["value"] == "5"
        assert "value" not in answer["configurationKey"][1]
        assert answer["unknownKey"] == ["Colour"]


async def test_201_variables_are_read_set_and_reported(central: Central) -> None:
    async with a_station(central, "2.0.1", 2) as station:
        await online(station)

        def about(component: str, variable: str, **more: str) -> dict[str, Any]:
            return {"component": {"name": component}, "variable": {"name": variable}, **more}

        changed = await central.obeyed(
            "SetVariables",
            {
                "setVariableData": [
                    about("TxCtrlr", "EVConnectionTimeOut", attributeValue="45"),
                    about("TxCtrlr", "Colour", attributeValue="red"),
                    about("Nobody", "Colour", attributeValue="red"),
                ]
            },
        )
        statuses = [r["attributeStatus"] for r in changed["setVariableResult"]]
        assert statuses == ["Accepted", "UnknownVariable", "UnknownComponent"]
        asked = {"getVariableData": [about("TxCtrlr", "EVConnectionTimeOut")]}
        read = await central.obeyed("GetVariables", asked)
        assert read["getVariableResult"][0]["attributeValue"] == "45"

        await central.obeyed("GetBaseReport", {"requestId": 3, "reportBase": "FullInventory"})
        await central.until(lambda: any(not r["tbc"] for r in central.said("NotifyReport")))
        reports = central.said("NotifyReport")
        assert [r["seqNo"] for r in reports] == list(range(len(reports)))
        rows = [row for report in reports for row in report["reportData"]]
        assert [row["component"]["evse"]["id"] for row in rows if "evse" in row["component"]] == [
            1,
            2,
        ]


@BOTH
async def test_an_evse_goes_out_of_service_when_its_session_has_ended(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        off: dict[str, Any] = {"connectorId": 1, "type": "Inoperative"}
        if version == "2.0.1":
            off = {"operationalStatus": "Inoperative", "evse": {"id": 1}}
        assert (await central.obeyed("ChangeAvailability", off))["status"] == "Scheduled"
        await station.present_token(1, "CARD")
        await station.unplug(1)
        last = central.said("StatusNotification")[-1]
        assert (last.get("status") or last.get("connectorStatus")) == "Unavailable"


@BOTH
@pytest.mark.parametrize(
    "message", ["BootNotification", "Heartbeat", "StatusNotification", "MeterValues"]
)
async def test_a_triggered_message_is_sent(central: Central, version: str, message: str) -> None:
    async with a_station(central, version) as station:
        await online(station)
        await station.plug_in(1)
        await station.present_token(1, "CARD")
        before = len(central.calls)
        answer = await central.obeyed("TriggerMessage", {"requestedMessage": message})
        assert answer["status"] == "Accepted"
        await central.until(lambda: len(central.calls) > before)
    sent = message if version == "1.6" or message != "MeterValues" else "TransactionEvent"
    assert central.calls[before][2] == sent


@BOTH
async def test_an_order_that_makes_no_sense_is_answered_as_the_version_spells_it(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        frame = await central.order("Reset", {"type": "Gently"}, makes_sense=False)
        missing = await central.order("Reset", {}, makes_sense=False)
    code = "FormationViolation" if version == "1.6" else "FormatViolation"
    assert (frame[0], frame[2]) == (4, code)
    assert (missing[0], missing[2]) == (4, code)


@BOTH
async def test_heartbeats_follow_the_interval_given(central: Central, version: str) -> None:
    async with a_station(central, version) as station:
        await online(station)
        station.set_heartbeat(0.01)
        await central.hears("Heartbeat", 3)
    assert station.is_online is False
