"""How a case of the collection is put into a running session."""

import asyncio
import json
import re
from collections.abc import Awaitable, Callable, Mapping
from enum import Enum
from typing import Any, Final
from urllib.parse import urlsplit

from tests.ocpp.collected import Case, filled, is_ours_to_send
from tests.simulation.quirk_line import CARD, STEPS, WITHIN_S, Line
from voltway.app import OpenHouse
from voltway.kernel.ids import TokenUid, TransactionRef
from voltway.stations import actions as stations
from voltway.stations.orders import (
    ChangeAvailability,
    Order,
    ReadVariables,
    SetVariable,
    StartCharging,
    StopCharging,
    Trigger,
)

TIMES: Final = re.compile(r"\d+-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d(:\d\d)?)?")


class Telling(Enum):
    """In whose name a case is told."""

    AS_COLLECTED = "as collected"
    OF_OURS = "of our session"  # it names our transaction, our card, an order of ours
    OF_OURS_NOW = "of our session, now"  # and its times are the moment at which it comes
    BESIDE = "beside another car"  # as collected, while the other EVSE is in use too


NOT_OURS: Final = frozenset({Telling.AS_COLLECTED, Telling.BESIDE})


def can_be_told(case: Case, telling: Telling, place: int) -> bool:
    """Whether the case can be told so there, and differs from what it is otherwise."""
    if telling in NOT_OURS:
        return True
    if any(frame.startswith(("[3", "[4")) for frame in case.frames):
        # Before the boot is answered a station is sent nothing. Replies tell no time.
        return telling is Telling.OF_OURS and place > STEPS.index("boot")
    return any("ransactionId" in frame or "idTag" in frame for frame in case.frames)


async def insert(house: OpenHouse, line: Line, case: Case, telling: Telling, day: str) -> None:
    """Do on this line what the case tells, and note each answer that must not be."""
    if (act := WITHOUT_FRAMES.get(case.id)) is not None:
        await act(house, line)
    for request in case.upgrades:
        await _knock(line, request)
    tx = line.ref
    for frame in case.frames:
        if is_ours_to_send(frame, line.subprotocol):
            continue
        text = frame if telling in NOT_OURS else _as_ours(frame, line)
        text = filled(text, tx=tx or "0", call="unasked", now=house.clock.now())
        text = text.replace("2026-10-01", day)
        if telling is Telling.OF_OURS_NOW:
            text = TIMES.sub(f"{house.clock.now():%Y-%m-%dT%H:%M:%SZ}", text)
        if telling is Telling.OF_OURS and text.startswith(("[3", "[4")):
            await _reply(house, line, _order(case.action, line), text)
            continue
        heard = await line.say(text)
        got = _word(heard)
        if got not in case.wanted(frame):
            line.troubles.append(f"{got} instead of {case.reply} to {text[:120]}")
        if '"StartTransaction"' in text and got == "callresult":
            tx = str(heard[0][2]["transactionId"])


def _word(heard: list[list[Any]]) -> str:
    """What came back, in the words of the collection."""
    match [each for each in heard if each[0] in (3, 4)]:
        case []:
            return "none"
        case [[3, *_]]:
            return "callresult"
        case [[4, _, code, *_]]:
            return f"callerror:{code}"
        case more:
            return f"too much: {more}"


def _as_ours(text: str, line: Line) -> str:
    """The frame as if it told of our session, by our card."""
    if line.subprotocol == "ocpp1.6":
        text = re.sub(r'"transactionId":-?\d+', f'"transactionId":{line.ref or 0}', text)
    elif named := re.search(r'"transactionId":"([^"]*)"', text):
        # Our session is given the name that the case uses, as long as it has none.
        line.ref = line.ref or named[1]
        text = text.replace(f'"transactionId":"{named[1]}"', f'"transactionId":"{line.ref}"')
    return re.sub(r'"idTag":"[^"]*"', f'"idTag":"{CARD}"', text)


def _order(action: str, line: Line) -> Order:
    """The order to which a case is the answer."""
    match action.removesuffix(".conf"):
        case "GetConfiguration":
            return ReadVariables()
        case "RemoteStartTransaction":
            return StartCharging(1, TokenUid(CARD))
        case "RemoteStopTransaction" if line.ref:
            return StopCharging(TransactionRef(line.ref))
        case "ChangeConfiguration":
            return SetVariable("MeterValueSampleInterval", "60")
        case "ChangeAvailability":
            return ChangeAvailability(operative=True, evse=1)
        case _:
            return Trigger("StatusNotification", 1)


async def _ordered(house: OpenHouse, line: Line, order: Order) -> str:
    """Order it, and wait until the station has it; its id on the wire."""
    async with house.begin() as work:
        await stations.place_order(work, line.station, order, "Olga")
    while (heard := await line.hear())[0] != 2:
        pass
    return str(heard[1])


async def _reply(house: OpenHouse, line: Line, order: Order, text: str) -> None:
    """Answer an order with this frame."""
    id = await _ordered(house, line, order)
    heard = await line.say(re.sub(r'^\[(\d),"[^"]*"', rf'[\1,"{id}"', text))
    if _word(heard) != "none":
        line.troubles.append(f"an answer was answered by {heard}")


async def _knock(line: Line, request: str) -> None:
    """An upgrade by somebody who has not our key, in our name."""
    address = urlsplit(line.url)
    assert address.hostname is not None
    mine = re.sub(r"/ocpp/+[^/ ]+", f"/ocpp/{line.identity}", request)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    try:
        writer.write(mine.encode())
        async with asyncio.timeout(WITHIN_S):
            status = (await reader.readline()).split()
        if b"101" in status[1:2]:
            line.troubles.append(f"a stranger was let in by {mine!r}")
    finally:
        writer.close()
        await writer.wait_closed()
    await line.answers()


async def _fragments(_: OpenHouse, line: Line) -> None:
    """One message in three pieces (H-014)."""
    await line.socket.send(['[2,"pieces","Data', 'Transfer",{"vend', 'orId":"x"}]'])
    if _word(await line.answers()) != "callresult":
        line.troubles.append("a message in pieces was not answered by a result")


async def _second_socket(_: OpenHouse, line: Line) -> None:
    """A new socket while the old one is still open (H-018, X-002)."""
    await line.dial()
    await line.answers()


async def _deep(_: OpenHouse, line: Line) -> None:
    """Nested beyond all measure, in the payload and in the id, and then no UTF-8 (X-009)."""
    deep = "[" * 500 + "]" * 500
    if not _word(await line.say(f'[2,"deep","DataTransfer",{{"vendorId":{deep}}}]')).startswith(
        "callerror"
    ):
        line.troubles.append("no error for a payload nested beyond all measure")
    await line.say(f'[2,{deep},"\\ud800",{{}}]')
    await line.socket.send(b'[2,"\xff\xfe","Heartbeat",{}]', text=True)
    await line.answers()


async def _told_again(_: OpenHouse, line: Line) -> None:
    """The last message again and again (T-027)."""
    await line.repeat()


async def _silent_start(house: OpenHouse, line: Line) -> None:
    """An order to start that is never answered (T-022)."""
    async with house.begin() as work:
        await stations.place_order(work, line.station, StartCharging(1, TokenUid(CARD)), "Olga")
    await line.answers()


async def _silent_stop(house: OpenHouse, line: Line) -> None:
    """A stop that is accepted, and the car charges on (T-023)."""
    if line.ref:
        accepted = json.dumps([3, "", {"status": "Accepted"}])
        await _reply(house, line, StopCharging(TransactionRef(line.ref)), accepted)


#: Cases that are something done, not something said.
WITHOUT_FRAMES: Final[Mapping[str, Callable[[OpenHouse, Line], Awaitable[None]]]] = {
    "H-014": _fragments,
    "H-018": _second_socket,
    "X-002": _second_socket,
    "X-009": _deep,
    "T-022": _silent_start,
    "T-023": _silent_stop,
    "T-027": _told_again,
}
