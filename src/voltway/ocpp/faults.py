"""What can be wrong with a frame or a payload, and how each version of OCPP spells it.

OCPP-J 1.6 §4.2.3 table 7; OCPP 2.0.1 and 2.1 part 4 §4.3. The spellings differ and stations mix
them, so we read all of them and write the version's own.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, TypeAlias

from voltway.kernel.errors import Violation

Version: TypeAlias = Literal["1.6", "2.0.1", "2.1"]


class Fault(StrEnum):
    """An error code of the RPC framework; the value is the spelling of OCPP 2.1."""

    FORMAT = "FormatViolation"
    GENERIC = "GenericError"
    INTERNAL = "InternalError"
    MESSAGE_TYPE = "MessageTypeNotSupported"
    NOT_IMPLEMENTED = "NotImplemented"
    NOT_SUPPORTED = "NotSupported"
    OCCURRENCE = "OccurrenceConstraintViolation"
    PROPERTY = "PropertyConstraintViolation"
    PROTOCOL = "ProtocolError"
    RPC = "RpcFrameworkError"
    SECURITY = "SecurityError"
    TYPE = "TypeConstraintViolation"

    def spelled(self, version: Version) -> str:
        return _SPELLINGS[version].get(self, self.value)

    @classmethod
    def read(cls, code: str) -> "Fault":
        """Any version's spelling; a code that no version has is a generic error (quirk R-012)."""
        return _READ.get(code.strip().lower(), cls.GENERIC)


_SPELLINGS: dict[Version, dict[Fault, str]] = {
    # 1.6 has no code for a broken frame or an unknown message type; the nearest is its own.
    "1.6": {
        Fault.FORMAT: "FormationViolation",
        Fault.OCCURRENCE: "OccurenceConstraintViolation",
        Fault.RPC: "FormationViolation",
        Fault.MESSAGE_TYPE: "NotSupported",
    },
    "2.0.1": {Fault.OCCURRENCE: "OccurenceConstraintViolation"},
    "2.1": {},
}

_READ = {fault.value.lower(): fault for fault in Fault} | {
    "formationviolation": Fault.FORMAT,
    "occurenceconstraintviolation": Fault.OCCURRENCE,
}


@dataclass(eq=False)
class BrokenFrame(Violation):
    """The frame is not valid OCPP: {why}."""

    fault: Fault
    why: str
    message_id: str | None = None
    #: An answer is never given to an answer, nor to a type of message that wants none.
    wants_answer: bool = True


@dataclass(eq=False)
class BrokenPayload(Violation):
    """This call cannot be taken: {why}."""

    fault: Fault
    why: str
    path: str = ""


# Which of the two the station meant is anybody's guess, so this alone is refused in the messages
# of transactions too (the design's rule 18).
@dataclass(eq=False)
class DoubledMember(BrokenPayload):
    """This call cannot be taken: {why}."""

    fault: Fault = Fault.FORMAT
    why: str = "an object has the same member twice"
