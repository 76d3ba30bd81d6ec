"""Names of things: a type for each, so that none is taken for another."""

import os
from datetime import datetime
from typing import Final, NewType
from uuid import UUID

PartyId = NewType("PartyId", UUID)
OperatorId = NewType("OperatorId", UUID)
LocationId = NewType("LocationId", UUID)
StationId = NewType("StationId", UUID)
EvseId = NewType("EvseId", UUID)
TokenId = NewType("TokenId", UUID)
DriverId = NewType("DriverId", UUID)
FleetId = NewType("FleetId", UUID)
ContractId = NewType("ContractId", UUID)
TariffId = NewType("TariffId", UUID)
SessionId = NewType("SessionId", UUID)
OrderId = NewType("OrderId", UUID)
GatewayId = NewType("GatewayId", UUID)
PaymentId = NewType("PaymentId", UUID)
SettlementId = NewType("SettlementId", UUID)
InvoiceId = NewType("InvoiceId", UUID)
EntryId = NewType("EntryId", UUID)
AlertId = NewType("AlertId", UUID)

#: The name in a station's URL and Basic auth (OCPP-J 1.6 §3.1.1), not a public EVSE id.
StationIdentity = NewType("StationIdentity", str)
#: The public name on the hardware and in OCPI: ``FI*VLT*E1042*3``.
PublicEvseId = NewType("PublicEvseId", str)
#: What a driver shows, as the station sends it; compared without regard to case (OCPP IdToken).
TokenUid = NewType("TokenUid", str)
#: The station's name for a session (OCPP ``transactionId``; in 1.6 a number of ours as text).
TransactionRef = NewType("TransactionRef", str)
#: Made of what an effect is *for*, never of a clock: the same key twice is one effect.
OnceKey = NewType("OnceKey", str)


class _Turns:
    """How many were made before in the same millisecond."""

    __slots__ = ("_millis", "_turn")

    def __init__(self) -> None:
        self._millis, self._turn = 0, 0

    def next(self, millis: int) -> int:
        self._turn = self._turn + 1 if millis == self._millis else 0
        self._millis = millis
        return self._turn


_turns: Final = _Turns()


def new_id(now: datetime) -> UUID:
    """A UUID version 7 (RFC 9562 §5.7): sorts by the moment it was made, and within a millisecond,
    up to 4,096 of them, by the order in which this process made them (§6.2, method 1). The other
    62 bits are random."""
    millis = int(now.timestamp() * 1000)
    turn = _turns.next(millis) & 0xFFF
    raw = int.from_bytes(os.urandom(8), "big")
    value = (millis & (1 << 48) - 1) << 80 | 0x7 << 76 | turn << 64
    return UUID(int=value | 0b10 << 62 | raw & (1 << 62) - 1)
