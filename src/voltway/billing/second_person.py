"""What the rules for refunds and for write-offs share, by which a second person is needed."""

from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar

from voltway.kernel.errors import Kind, Refusal


class RequestState(StrEnum):
    OPEN = "open"
    APPROVED = "approved"  # and not done yet
    DONE = "done"
    FAILED = "failed"  # approved, and could not be done
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"


@dataclass(eq=False)
class AskedAlready(Refusal):
    """For {number} somebody has asked already, and nobody has decided."""

    number: str


@dataclass(eq=False)
class NoSuchRequest(Refusal):
    """There is no such request."""

    kind: ClassVar[Kind] = Kind.ABSENT


@dataclass(eq=False)
class DecidedBefore(Refusal):
    """This was {state} before."""

    state: RequestState


@dataclass(eq=False)
class OwnRequest(Refusal):
    """You asked for this yourself: a second person decides it."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN


@dataclass(eq=False)
class NotYours(Refusal):
    """Only who asked for this can take it back."""

    kind: ClassVar[Kind] = Kind.FORBIDDEN
