"""What the generated wire messages of all OCPP versions share."""

from dataclasses import dataclass
from typing import Annotated, Literal, TypeAlias

from msgspec import Meta, Struct

#: PostgreSQL and most stations end here; what is longer is a station's mistake (quirk M-024).
INT64_MIN, INT64_MAX = -(2**63), 2**63 - 1

Int64: TypeAlias = Annotated[int, Meta(ge=INT64_MIN, le=INT64_MAX)]

Sender: TypeAlias = Literal["station", "csms", "both"]


class Wire(
    Struct,
    frozen=True,
    rename="camel",
    omit_defaults=True,
    forbid_unknown_fields=True,
    gc=False,
):
    """An object of the standard's JSON schemas, exactly as the schema has it.

    Decoding straight into it is strict, which is how :mod:`voltway.ocpp.reading` learns cheaply
    that a payload has no deviation; what it then repairs is built without these checks, so an
    enumeration may hold any text. Absent members are ``None`` and are never written.
    """


@dataclass(frozen=True, slots=True)
class Action:
    """One message pair of a version. A SEND of OCPP 2.1 has no response."""

    request: type[Wire]
    response: type[Wire] | None
    by: Sender
