"""What a Python user would pick: the packages ``ocpp`` and ``websockets``, on uvloop.

``python -m bench.ocpp_package`` prints its address. It answers what stations under load say, in
1.6 and 2.0.1, with the package's own validation as it comes, and stores nothing at all.
"""

import asyncio
import itertools
import resource
import sys
from datetime import UTC, datetime
from typing import Any

import uvloop
from ocpp.routing import on
from ocpp.v16 import ChargePoint as ChargePoint16
from ocpp.v16 import call_result as results16
from ocpp.v16.datatypes import IdTagInfo
from ocpp.v16.enums import AuthorizationStatus
from ocpp.v16.enums import RegistrationStatus as RegistrationStatus16
from ocpp.v201 import ChargePoint as ChargePoint201
from ocpp.v201 import call_result as results201
from ocpp.v201.datatypes import IdTokenInfoType
from ocpp.v201.enums import AuthorizationStatusEnumType, RegistrationStatusEnumType
from websockets.asyncio.server import ServerConnection, serve
from websockets.exceptions import ConnectionClosed
from websockets.typing import Subprotocol

INTERVAL_S = 300
TRANSACTIONS = itertools.count(1)


def _now() -> str:
    return datetime.now(UTC).isoformat()


class Central16(ChargePoint16):
    """Accepts everything in 1.6."""

    @on("BootNotification")
    def on_boot(self, **_: Any) -> results16.BootNotification:
        return results16.BootNotification(_now(), INTERVAL_S, RegistrationStatus16.accepted)

    @on("StatusNotification")
    def on_status(self, **_: Any) -> results16.StatusNotification:
        return results16.StatusNotification()

    @on("Heartbeat")
    def on_heartbeat(self, **_: Any) -> results16.Heartbeat:
        return results16.Heartbeat(_now())

    @on("Authorize")
    def on_authorize(self, **_: Any) -> results16.Authorize:
        return results16.Authorize(IdTagInfo(AuthorizationStatus.accepted))

    @on("StartTransaction")
    def on_start(self, **_: Any) -> results16.StartTransaction:
        accepted = IdTagInfo(AuthorizationStatus.accepted)
        return results16.StartTransaction(next(TRANSACTIONS), accepted)

    @on("MeterValues")
    def on_meter(self, **_: Any) -> results16.MeterValues:
        return results16.MeterValues()

    @on("StopTransaction")
    def on_stop(self, **_: Any) -> results16.StopTransaction:
        return results16.StopTransaction(IdTagInfo(AuthorizationStatus.accepted))


class Central201(ChargePoint201):
    """Accepts everything in 2.0.1."""

    @on("BootNotification")
    def on_boot(self, **_: Any) -> results201.BootNotification:
        return results201.BootNotification(_now(), INTERVAL_S, RegistrationStatusEnumType.accepted)

    @on("StatusNotification")
    def on_status(self, **_: Any) -> results201.StatusNotification:
        return results201.StatusNotification()

    @on("Heartbeat")
    def on_heartbeat(self, **_: Any) -> results201.Heartbeat:
        return results201.Heartbeat(_now())

    @on("Authorize")
    def on_authorize(self, **_: Any) -> results201.Authorize:
        return results201.Authorize(IdTokenInfoType(AuthorizationStatusEnumType.accepted))

    @on("TransactionEvent")
    def on_event(self, **told: Any) -> results201.TransactionEvent:
        if "id_token" not in told:
            return results201.TransactionEvent()
        accepted = IdTokenInfoType(AuthorizationStatusEnumType.accepted)
        return results201.TransactionEvent(id_token_info=accepted)


async def _meet(connection: ServerConnection) -> None:
    request = connection.request
    assert request is not None, "the handshake is over"
    identity = request.path.rsplit("/", 1)[-1]
    central = Central16 if connection.subprotocol == "ocpp1.6" else Central201
    try:
        await central(identity, connection).start()
    except ConnectionClosed:
        return


async def _serve() -> None:
    spoken = [Subprotocol("ocpp1.6"), Subprotocol("ocpp2.0.1")]
    async with serve(_meet, "127.0.0.1", 0, subprotocols=spoken, backlog=4096) as server:
        port = next(iter(server.sockets)).getsockname()[1]
        sys.stdout.write(f"ready - ws://127.0.0.1:{port}/ocpp\n")
        sys.stdout.flush()
        await asyncio.Event().wait()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve())
