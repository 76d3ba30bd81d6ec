"""Simulated stations that are reserved, in 1.6J and 2.0.1."""

from datetime import timedelta
from typing import Any

import pytest

from tests.world.central import Central
from tests.world.test_stations import BOTH, NOON, a_station, central, events, online
from voltway_world.stations import CannotDo, Station, some_car

__all__ = ["central"]


def asks(
    version: str, number: int, *, evse: int = 1, token: str = "ABBA01", minutes: int = 15
) -> dict[str, Any]:
    until = (NOON + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    if version == "1.6":
        return {
            "connectorId": evse,
            "expiryDate": until,
            "idTag": token,
            "reservationId": number,
        }
    shown = {"idToken": token, "type": "Central"}
    return {"id": number, "expiryDateTime": until, "idToken": shown, "evseId": evse}


async def answer(central: Central, version: str, number: int, **more: Any) -> str:
    said = await central.obeyed("ReserveNow", asks(version, number, **more))
    return str(said["status"])


async def cancels(central: Central, number: int) -> str:
    said = await central.obeyed("CancelReservation", {"reservationId": number})
    return str(said["status"])


async def starts(central: Central, version: str, token: str) -> str:
    if version == "1.6":
        order, asked = "RemoteStartTransaction", {"connectorId": 1, "idTag": token}
    else:
        shown = {"idToken": token, "type": "Central"}
        order = "RequestStartTransaction"
        asked = {"idToken": shown, "remoteStartId": 7, "evseId": 1}
    return str((await central.obeyed(order, asked))["status"])


async def last_status(central: Central, station: Station) -> str:
    await station.settled()
    last = central.said("StatusNotification")[-1]
    return str(last.get("status") or last.get("connectorStatus"))


@BOTH
async def test_a_reserved_evse_says_so_and_only_its_token_starts_there(
    central: Central, version: str
) -> None:
    async with a_station(central, version, can_reserve=True) as station:
        await online(station)
        assert await answer(central, version, 41) == "Accepted"
        assert await last_status(central, station) == "Reserved"

        with pytest.raises(CannotDo, match="reserved for somebody else"):
            await station.present_token(1, "CARD")
        assert await starts(central, version, "CARD") == "Rejected"
        assert await starts(central, version, "abba01") == "Accepted"
        await station.plug_in(1, some_car())

        if version == "1.6":
            [begun] = central.said("StartTransaction")
        else:
            begun = next(each for each in events(central) if each["eventType"] == "Started")
        assert begun["reservationId"] == 41
        assert await cancels(central, 41) == "Rejected"


@BOTH
async def test_one_that_is_taken_broken_or_closed_is_not_reserved(
    central: Central, version: str
) -> None:
    async with a_station(central, version, 2, can_reserve=True) as station:
        await online(station)
        assert await answer(central, version, 41) == "Accepted"
        assert await answer(central, version, 42) == "Occupied"
        assert await answer(central, version, 42, evse=2, minutes=-1) == "Rejected"
        await station.plug_in(2, some_car())
        assert await answer(central, version, 42, evse=2) == "Occupied"
        await station.unplug(2)
        await station.fault(2)
        assert await answer(central, version, 42, evse=2) == "Faulted"
        await station.repair(2)
        station.set_operative([station.forecourt.bay(2)], operative=False)
        assert await answer(central, version, 42, evse=2) == "Unavailable"
        station.options.reserves = False
        assert await answer(central, version, 42) == "Rejected"


@BOTH
async def test_the_same_number_replaces_and_a_cancelled_one_is_free(
    central: Central, version: str
) -> None:
    async with a_station(central, version, can_reserve=True) as station:
        await online(station)
        assert await answer(central, version, 41) == "Accepted"
        assert await answer(central, version, 41, token="OTHER") == "Accepted"
        assert await starts(central, version, "ABBA01") == "Rejected"
        assert await cancels(central, 40) == "Rejected"
        assert await cancels(central, 41) == "Accepted"
        assert await last_status(central, station) == "Available"
        assert "ReservationStatusUpdate" not in central.actions()


@BOTH
async def test_one_that_nobody_uses_ends_by_itself_and_2_0_1_says_so(
    central: Central, version: str
) -> None:
    async with a_station(central, version, can_reserve=True) as station:
        await online(station)
        assert await answer(central, version, 41) == "Accepted"
        central.now = NOON + timedelta(minutes=15)
        station.say_heartbeat()
        await station.settled()
        station.pass_time(1)

        assert await last_status(central, station) == "Available"
        told = central.said("ReservationStatusUpdate")
        over = {"reservationId": 41, "reservationUpdateStatus": "Expired"}
        assert told == ([] if version == "1.6" else [over])


@BOTH
async def test_a_fault_ends_it_and_so_does_a_power_failure_where_a_station_forgets(
    central: Central, version: str
) -> None:
    async with a_station(central, version, can_reserve=True) as station:
        await online(station)
        assert await answer(central, version, 41) == "Accepted"
        await station.fault(1)
        told = central.said("ReservationStatusUpdate")
        over = {"reservationId": 41, "reservationUpdateStatus": "Removed"}
        assert told == ([] if version == "1.6" else [over])
        await station.repair(1)

        assert await answer(central, version, 42) == "Accepted"
        station.options.forgets_reservations = True
        station.power_cycle()
        await central.until(lambda: central.boots == 2)
        await online(station)
        assert await cancels(central, 42) == "Rejected"


@BOTH
async def test_a_station_that_cannot_reserve_does_not_know_the_order(
    central: Central, version: str
) -> None:
    async with a_station(central, version) as station:
        await online(station)
        frame = await central.order("ReserveNow", asks(version, 41))
        assert frame[2] == "NotImplemented"
        frame = await central.order("CancelReservation", {"reservationId": 41})
        assert frame[2] == "NotImplemented"


async def test_what_it_can_is_read_from_its_configuration(central: Central) -> None:
    async with a_station(central, "1.6", can_reserve=True) as station:
        await online(station)
        read = await central.obeyed("GetConfiguration", {"key": ["SupportedFeatureProfiles"]})
        assert read["configurationKey"][0]["value"] == "Core,RemoteTrigger,Reservation"


async def test_what_it_can_is_read_from_its_variables(central: Central) -> None:
    about = {"component": {"name": "ReservationCtrlr"}, "variable": {"name": "Enabled"}}
    async with a_station(central, "2.0.1", can_reserve=True) as station:
        await online(station)
        asked = {"setVariableData": [{**about, "attributeValue": "false"}]}
        await central.obeyed("SetVariables", asked)
        read = await central.obeyed("GetVariables", {"getVariableData": [about]})
        assert read["getVariableResult"][0]["attributeValue"] == "false"
        assert await answer(central, "2.0.1", 41) == "Rejected"
