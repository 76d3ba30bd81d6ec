"""The CDR that partners are given: what OCPI's CDR object says, in no version's words yet.

It is frozen when its session is priced, with the place, the token and the tariff as they were then,
and written in the words of OCPI 2.2.1 or 2.3.0 whenever somebody asks (``ocpi_cdr``). Amounts are
whole minor units, volumes decimal texts.
"""

import msgspec

from voltway.billing.documents import _Document


class TokenShown(_Document, frozen=True, kw_only=True):
    """OCPI 2.2.1, CdrToken: what was shown, and whose it is."""

    country_code: str
    party_id: str
    uid: str
    kind: str | None  # of ``drivers.model.TokenKind``; none where nobody knows the token
    contract_id: str


class PlaceThen(_Document, frozen=True, kw_only=True):
    """OCPI 2.2.1, CdrLocation: the place as it was when the session was priced."""

    id: str
    name: str
    address: str
    city: str
    postal_code: str | None
    country: str  # ISO 3166-1, three letters
    latitude: str
    longitude: str
    evse_uid: str
    evse_id: str
    connector_id: str
    connector_standard: str
    connector_format: str
    connector_power_type: str


class Period(_Document, frozen=True, kw_only=True):
    """A stretch at the same prices. It ends where the next begins, the last with the session."""

    begins: str
    energy_kwh: str
    charging_h: str | None = None
    parking_h: str | None = None
    reserved_h: str | None = None
    power_kw_min: str | None = None
    power_kw_max: str | None = None


class TaxPart(_Document, frozen=True, kw_only=True):
    """The tax at one rate in an amount. No rate: what a limit moved, or where none was stated."""

    rate: str | None
    minor: int


class Part(_Document, frozen=True, kw_only=True):
    """An amount before tax, and the taxes on it."""

    net_minor: int
    taxes: tuple[TaxPart, ...]

    @property
    def gross_minor(self) -> int:
        return self.net_minor + sum(tax.minor for tax in self.taxes)


class SignedValue(_Document, frozen=True, kw_only=True):
    """OCPI 2.2.1, SignedValue: a reading that the meter signed."""

    nature: str  # Start, Intermediate, End
    plain_data: str
    signed_data: str  # base64


class SignedData(_Document, frozen=True, kw_only=True):
    """OCPI 2.2.1, SignedData: what the meter signed of this session, byte for byte."""

    encoding_method: str
    values: tuple[SignedValue, ...]
    encoding_method_version: int | None = None
    public_key: str | None = None
    url: str | None = None


class ChargeRecord(_Document, frozen=True, kw_only=True):
    """A CDR as it was frozen. ``credits``: the id of the one that this takes back."""

    version: int = 1
    id: str
    country_code: str
    party_id: str
    session: str
    begins: str
    ends: str
    token: TokenShown
    auth_method: str
    place: PlaceThen
    currency: str
    tariff: str | None  # the id that OCPI knows it by
    tariff_document: str | None  # the OCPI document of the version, as it was given
    tariff_updated: str | None
    periods: tuple[Period, ...]
    total: Part
    fixed: Part | None = None
    energy: Part | None = None
    time: Part | None = None
    parking: Part | None = None
    reservation: Part | None = None
    energy_kwh: str
    lasted_h: str
    parked_h: str
    remark: str | None = None
    signed: SignedData | None = None
    credits: str | None = None
    frozen_at: str
    cdr: str  # what was billed: our own record of it, and its hash
    cdr_sha256: str

    @property
    def parts(self) -> tuple[Part, ...]:
        """The parts that there are; together they are the total."""
        found = (self.fixed, self.energy, self.time, self.parking, self.reservation)
        return tuple(part for part in found if part is not None)


def charge_record(raw: bytes | str) -> ChargeRecord:
    """The CDR that these frozen bytes are."""
    return msgspec.json.decode(raw, type=ChargeRecord)
