"""The proof of a bill: one file from which anybody can make the bill again, without us.

The format is described in ``docs/recipes/check-a-bill.md``. It is JSON with sorted keys, and the
same bill gives the same bytes. The two frozen documents stand in it byte for byte, as texts, so
that their fingerprints can be checked; the one of the receipt is printed on the receipt.
"""

import hashlib
from dataclasses import dataclass
from typing import ClassVar, Final

import msgspec

from voltway.kernel.errors import Kind, Refusal
from voltway.sessions.rules_again import Basis

FORMAT: Final = "voltway-proof"
VERSION: Final = 1
BYTES_MAX: Final = 64 * 1024 * 1024


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A part of a proof. What is not described is not there."""


class Sealed(_Part, frozen=True, kw_only=True):
    """A text and its SHA-256."""

    sha256: str
    text: str

    @property
    def holds(self) -> bool:
        return fingerprint(self.text) == self.sha256


class Document(Sealed, frozen=True, kw_only=True):
    """A document as it was frozen, and its name."""

    name: str


class Frame(Sealed, frozen=True, kw_only=True):
    """A message as it went over the wire. ``hidden``: but for what names a person."""

    at: str
    said: bool  # by us: the answer that gave the session its number
    hidden: bool


class Reading(_Part, frozen=True, kw_only=True):
    """A reading that the frames tell, and what was made of it."""

    at: str
    register_wh: int | None
    power_w: int | None
    part: str
    why: str


class Line(_Part, frozen=True, kw_only=True):
    """One price times its volume; exact, and its share of what was paid."""

    kind: str
    volume: str
    billed_volume: str
    price: str | None
    rate: str | None
    exact: str  # after tax
    gross_minor: int
    net_minor: int
    why: str


class Tax(_Part, frozen=True, kw_only=True):
    """The tax at one rate: gross less net."""

    rate: str | None
    gross_minor: int
    net_minor: int
    tax_minor: int
    why: str


class Sum(_Part, frozen=True, kw_only=True):
    """Each step from the prices to the total."""

    currency: str
    lines: tuple[Line, ...]
    exact: str  # after tax, before it is rounded
    total_minor: int
    taxes: tuple[Tax, ...]
    steps: tuple[str, ...]


class Proof(_Part, frozen=True, kw_only=True):
    """A bill, and all that it was made of."""

    format: str = FORMAT
    version: int = VERSION
    receipt: Document
    cdr: Document
    tariff: Document | None  # its OCPI document, as it was given
    basis: Basis  # what we decided ourselves, and no frame tells
    frames: tuple[Frame, ...]
    readings: tuple[Reading, ...]
    energy_wh: int
    energy: tuple[str, ...]
    sum: Sum
    seal: str = ""  # SHA-256 of all of the above, written without spaces


@dataclass(eq=False)
class NotAProof(Refusal):
    """This is no proof that can be read: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    why: str


def fingerprint(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def sealed(proof: Proof) -> Proof:
    return msgspec.structs.replace(proof, seal=seal_of(proof))


def seal_of(proof: Proof) -> str:
    open_ = msgspec.structs.replace(proof, seal="")
    return hashlib.sha256(msgspec.json.encode(open_, order="sorted")).hexdigest()


def written(proof: Proof) -> bytes:
    """The file: for machines, and for people who look into it."""
    return msgspec.json.format(msgspec.json.encode(proof, order="sorted"), indent=1) + b"\n"


def read(raw: bytes) -> Proof:
    """The proof that a file holds. Raises ``NotAProof``."""
    if len(raw) > BYTES_MAX:
        raise NotAProof(f"it has more than {BYTES_MAX // 1024 // 1024} MiB")
    try:
        head = msgspec.json.decode(raw, type=_Head)
        if head.format != FORMAT:
            raise NotAProof(f"its format is {head.format[:40]!r}, not {FORMAT!r}")
        if head.version != VERSION:
            raise NotAProof(
                f"it is of version {head.version}, and this program reads version {VERSION}"
            )
        return msgspec.json.decode(raw, type=Proof)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
        raise NotAProof(str(error)[:300]) from error


class _Head(msgspec.Struct):
    format: str
    version: int
