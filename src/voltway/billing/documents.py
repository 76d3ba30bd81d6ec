"""The documents that are frozen: a CDR and a receipt, as plain data that never changes.

Amounts are whole minor units, exact numbers are decimal texts, times are UTC with the zone beside
them. Encoded with sorted keys, so that the same document is always the same bytes and one hash.
"""

import hashlib

import msgspec


class _Document(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a document."""


class Seller(_Document, frozen=True, kw_only=True):
    name: str
    legal_name: str
    vat_id: str | None
    address: tuple[str, ...]
    country: str  # ISO 3166-1, two letters


class Place(_Document, frozen=True, kw_only=True):
    location: str
    address: str
    postal_code: str | None
    city: str
    country: str
    evse: str  # the public id
    plate: int  # the number on the bay
    zone: str


class Visit(_Document, frozen=True, kw_only=True):
    """What happened, as the meter and the plug told it."""

    session: str
    begins: str
    ends: str
    duration_s: int
    charging_s: int
    idle_s: int
    energy_wh: int
    meter_begin_wh: int | None
    meter_end_wh: int | None
    ended_because: str | None
    token: str | None = None  # the end of its uid, where it is a driver's own
    doubtful: tuple[str, ...] = ()


class OfPlan(_Document, frozen=True, kw_only=True):
    """What a line took of a subscription's month."""

    kind: str  # energy, start, minutes, percent, amount
    taken: str  # in kWh, times, minutes, percent, or money with tax
    rest: str | None = None  # what was left of it then


class Line(_Document, frozen=True, kw_only=True):
    """One price, what it was for, and what it came to."""

    kind: str  # ENERGY, TIME, PARKING_TIME, FLAT; MIN_PRICE, MAX_PRICE; PROMOTION, ALLOWANCE
    reservation: str | None
    volume: str  # in kWh, h or times
    billed_volume: str
    price: str | None  # with tax; none for a limit
    rate: str | None
    gross_minor: int
    net_minor: int
    why: str
    free_s: int = 0  # of an idle fee: of each stop
    most: str | None = None  # of an idle fee: for the session, with tax
    name: str | None = None  # of what was taken off: the code, the plan
    of_plan: OfPlan | None = None


class Tax(_Document, frozen=True, kw_only=True):
    rate: str | None
    gross_minor: int
    net_minor: int
    tax_minor: int


class Taxed(_Document, frozen=True, kw_only=True, omit_defaults=True):
    """Where the tax stems from that a tariff left to the place: the table, or an operator."""

    country: str
    rate: str
    table: str
    table_sha256: str
    override: str | None = None
    declared: str | None = None  # that electricity's reduced rate is taken
    basis: str = ""  # by which law
    why: str


class Granted(_Document, frozen=True, kw_only=True):
    """What was to be taken off: so much money, so many percent, or so many kWh."""

    kind: str
    value: str
    name: str
    source: str
    plan: bool = False  # of a subscription's month
    rest: str | None = None  # what was left of it


class Paid(_Document, frozen=True, kw_only=True):
    """How it was paid: by a card's hold, or not yet."""

    how: str  # card | account | nothing
    provider: str | None = None
    card_brand: str | None = None
    card_last4: str | None = None
    wallet: str | None = None
    hold_minor: int = 0
    paid_minor: int = 0
    released_minor: int = 0
    open_minor: int = 0


class Signed(_Document, frozen=True, kw_only=True):
    """What the meter signed, by its hash, and what we found of it. See ``evidence``."""

    format: str
    verdict: str
    flaws: tuple[str, ...]
    records: int
    sha256: str  # of the records as they stand, each with a line feed after it
    energy_wh: str | None  # exact
    meter: str
    key: str  # the fingerprint of the registered key; none: empty


class Receipt(_Document, frozen=True, kw_only=True):
    """A receipt as it was issued."""

    version: int = 1
    kind: str = "receipt"
    number: str
    issued_at: str
    currency: str
    rounding: str = "gross-leading"
    seller: Seller
    place: Place
    visit: Visit
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    total_minor: int
    net_minor: int
    tax_minor: int
    paid: Paid
    tariff: str
    tariff_version: str
    cdr: str
    cdr_sha256: str
    signed: Signed | None = None


class Decided(_Document, frozen=True, kw_only=True):
    """What a person decided of a doubtful session: by its readings, by this energy, or free."""

    choice: str  # readings | energy | free
    energy_wh: int | None
    reason: str


class CdrDocument(_Document, frozen=True, kw_only=True):
    """What was charged and what it costs, exact, before anything is rounded but the total.

    A change is ``charging``, ``idle`` (the vehicle asks for nothing) or ``withheld`` (the station
    gives nothing, which is no parking). Version 1 said ``idle`` of both, and no powers.
    """

    version: int = 2
    session: str
    party: str
    evse: str
    place: Place
    visit: Visit
    tariff: str
    tariff_version: str
    account: str  # whose account in the books it is
    currency: str
    total_before_taxes: str
    total_after_taxes: str
    total_minor: int
    charged: bool
    lines: tuple[Line, ...]
    taxes: tuple[Tax, ...]
    taxed: Taxed | None = None
    granted: tuple[Granted, ...] = ()
    points: tuple[tuple[str, int], ...]
    changes: tuple[tuple[str, str], ...]
    powers: tuple[int | None, ...] = ()  # in W, of the points, where the station told them
    decided: Decided | None = None
    signed: Signed | None = None


def frozen(document: _Document) -> tuple[bytes, str]:
    """The bytes of a document and their SHA-256."""
    raw = msgspec.json.encode(document, order="sorted")
    return raw, fingerprint(raw)


def fingerprint(raw: bytes) -> str:
    return hashlib.sha256(raw).hexdigest()


def receipt(raw: bytes | str) -> Receipt:
    """The receipt that these bytes are."""
    return msgspec.json.decode(raw, type=Receipt)


def cdr(raw: bytes | str) -> CdrDocument:
    """The CDR that these bytes are."""
    return msgspec.json.decode(raw, type=CdrDocument)


class _WithCurrency(msgspec.Struct):
    currency: str


def currency_of(raw: bytes | str) -> str:
    """The currency of a document of any kind."""
    return msgspec.json.decode(raw, type=_WithCurrency).currency
