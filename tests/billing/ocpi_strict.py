"""OCPI's CDR object as the specifications have it, strictly: every field that must be there, no
other, each within its length and its enumeration.

OCPI 2.2.1 and 2.3.0, modules CDRs, Tariffs, Tokens, Locations and Types. A tariff is given as it
must be in each version; its elements are read by the calculator's own reader elsewhere.
"""

from decimal import Decimal
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

CI = r"^[ -~]*$"  # CiString: printable ASCII
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"

Country2 = Annotated[str, Meta(pattern=r"^[A-Z]{2}$")]
Country3 = Annotated[str, Meta(pattern=r"^[A-Z]{3}$")]
PartyId = Annotated[str, Meta(pattern=r"^[A-Z0-9]{3}$")]
Ci36 = Annotated[str, Meta(min_length=1, max_length=36, pattern=CI)]
Ci39 = Annotated[str, Meta(min_length=1, max_length=39, pattern=CI)]
Ci48 = Annotated[str, Meta(min_length=1, max_length=48, pattern=CI)]
Text10 = Annotated[str, Meta(max_length=10, pattern=PRINTABLE)]
Text45 = Annotated[str, Meta(min_length=1, max_length=45, pattern=PRINTABLE)]
Text255 = Annotated[str, Meta(max_length=255, pattern=PRINTABLE)]
#: RFC 3339 in UTC, 25 characters at most; "+00:00" is not the same.
Moment = Annotated[
    str, Meta(max_length=25, pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,4})?Z$")
]


class Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An object with these fields and no other."""


class Price221(Strict, kw_only=True):
    excl_vat: Decimal
    incl_vat: Decimal | None = None


class TaxAmount(Strict, kw_only=True):
    name: Annotated[str, Meta(min_length=1)]
    amount: Decimal
    account_number: str | None = None
    percentage: Decimal | None = None


class Price230(Strict, kw_only=True):
    before_taxes: Decimal
    taxes: list[TaxAmount] = []


#: 2.2.1 has no EMAID; ``read`` looks.
TokenType = Literal["AD_HOC_USER", "APP_USER", "EMAID", "OTHER", "RFID"]


class CdrToken(Strict, kw_only=True):
    country_code: Country2
    party_id: PartyId
    uid: Ci36
    type: TokenType
    contract_id: Ci36


class GeoLocation(Strict, kw_only=True):
    latitude: Annotated[str, Meta(max_length=10, pattern=r"^-?[0-9]{1,2}\.[0-9]{5,7}$")]
    longitude: Annotated[str, Meta(max_length=11, pattern=r"^-?[0-9]{1,3}\.[0-9]{5,7}$")]


ConnectorType = Literal[
    "CHADEMO",
    "CHAOJI",
    "DOMESTIC_A",
    "DOMESTIC_F",
    "GBT_AC",
    "GBT_DC",
    "IEC_60309_2_three_32",
    "IEC_62196_T1",
    "IEC_62196_T1_COMBO",
    "IEC_62196_T2",
    "IEC_62196_T2_COMBO",
    "IEC_62196_T3A",
    "IEC_62196_T3C",
    "TESLA_R",
    "TESLA_S",
]


class CdrLocation(Strict, kw_only=True):
    id: Ci36
    address: Text45
    city: Text45
    country: Country3
    coordinates: GeoLocation
    evse_uid: Ci36
    evse_id: Ci48
    connector_id: Ci36
    connector_standard: ConnectorType
    connector_format: Literal["SOCKET", "CABLE"]
    connector_power_type: Literal[
        "AC_1_PHASE", "AC_2_PHASE", "AC_2_PHASE_SPLIT", "AC_3_PHASE", "DC"
    ]
    name: Text255 | None = None
    postal_code: Text10 | None = None
    state: Annotated[str, Meta(max_length=20)] | None = None


class CdrDimension(Strict, kw_only=True):
    """Only what a CDR may hold: CURRENT, POWER, STATE_OF_CHARGE and others are for sessions."""

    type: Literal[
        "ENERGY",
        "MAX_CURRENT",
        "MIN_CURRENT",
        "MAX_POWER",
        "MIN_POWER",
        "PARKING_TIME",
        "RESERVATION_TIME",
        "TIME",
    ]
    volume: Decimal

    def __post_init__(self) -> None:
        assert self.volume >= 0


class ChargingPeriod(Strict, kw_only=True):
    start_date_time: Moment
    dimensions: Annotated[list[CdrDimension], Meta(min_length=1)]
    tariff_id: Ci36 | None = None


class SignedValue(Strict, kw_only=True):
    nature: Annotated[str, Meta(max_length=32, pattern=CI)]
    plain_data: Annotated[str, Meta(max_length=512)]
    signed_data: Annotated[str, Meta(max_length=5000)]


class SignedData(Strict, kw_only=True):
    encoding_method: Ci36
    signed_values: Annotated[list[SignedValue], Meta(min_length=1)]
    encoding_method_version: int | None = None
    public_key: Annotated[str, Meta(max_length=512)] | None = None
    url: Annotated[str, Meta(max_length=512)] | None = None


class Tariff221(Strict, kw_only=True):
    country_code: Country2
    party_id: PartyId
    id: Ci36
    currency: Country3
    elements: Annotated[list[dict[str, Any]], Meta(min_length=1)]
    last_updated: Moment
    type: str | None = None
    tariff_alt_text: list[dict[str, str]] = []
    tariff_alt_url: str | None = None
    min_price: Price221 | None = None
    max_price: Price221 | None = None
    start_date_time: Moment | None = None
    end_date_time: Moment | None = None
    energy_mix: dict[str, Any] | None = None


class Limit230(Strict, kw_only=True):
    before_taxes: Decimal
    after_taxes: Decimal | None = None


class Tariff230(Tariff221, kw_only=True):
    tax_included: Literal["YES", "NO", "N/A"]
    min_price: Limit230 | None = None  # type: ignore[assignment]  # another class in 2.3.0
    max_price: Limit230 | None = None  # type: ignore[assignment]


class _Cdr(Strict, kw_only=True):
    country_code: Country2
    party_id: PartyId
    id: Ci39
    start_date_time: Moment
    end_date_time: Moment
    cdr_token: CdrToken
    auth_method: Literal["AUTH_REQUEST", "COMMAND", "WHITELIST"]
    cdr_location: CdrLocation
    currency: Country3
    charging_periods: Annotated[list[ChargingPeriod], Meta(min_length=1)]
    total_energy: Decimal
    total_time: Decimal
    last_updated: Moment
    session_id: Ci36 | None = None
    authorization_reference: Ci36 | None = None
    meter_id: Text255 | None = None
    signed_data: SignedData | None = None
    total_parking_time: Decimal | None = None
    remark: Text255 | None = None
    invoice_reference_id: Ci39 | None = None
    credit: bool | None = None
    credit_reference_id: Ci39 | None = None
    home_charging_compensation: bool | None = None


class Cdr221(_Cdr, kw_only=True):
    total_cost: Price221
    tariffs: list[Tariff221] = []
    total_fixed_cost: Price221 | None = None
    total_energy_cost: Price221 | None = None
    total_time_cost: Price221 | None = None
    total_parking_cost: Price221 | None = None
    total_reservation_cost: Price221 | None = None


class Cdr230(_Cdr, kw_only=True):
    total_cost: Price230
    tariffs: list[Tariff230] = []
    total_fixed_cost: Price230 | None = None
    total_energy_cost: Price230 | None = None
    total_time_cost: Price230 | None = None
    total_parking_cost: Price230 | None = None
    total_reservation_cost: Price230 | None = None
    booking_id: Ci36 | None = None


Cdr = Cdr221 | Cdr230

PARTS = ("fixed", "energy", "time", "parking", "reservation")


def read(text: str | bytes, version: str) -> Cdr:
    """The CDR as a strict partner of this version reads it."""
    shape: type[Cdr221] | type[Cdr230] = Cdr221 if version == "2.2.1" else Cdr230
    found = msgspec.json.decode(text, type=shape)
    if found.credit:
        assert found.credit_reference_id, "a credit says what it takes back"
    else:
        assert found.credit_reference_id is None
        assert len(found.id) <= 36, "only a credit's id is longer (CDR object, id)"
    if version == "2.2.1":
        assert found.cdr_token.type != "EMAID"
    return found


def both(price: Price221 | Price230 | None) -> tuple[Decimal, Decimal]:
    """An amount before and after tax."""
    if price is None:
        return Decimal(0), Decimal(0)
    if isinstance(price, Price221):
        return price.excl_vat, price.excl_vat if price.incl_vat is None else price.incl_vat
    return price.before_taxes, price.before_taxes + sum(tax.amount for tax in price.taxes)


def sum_of_parts(cdr: Cdr) -> tuple[Decimal, Decimal]:
    parts = [both(getattr(cdr, f"total_{part}_cost")) for part in PARTS]
    nothing = Decimal(0)
    return sum((one for one, _ in parts), nothing), sum((other for _, other in parts), nothing)


def volume(cdr: Cdr, *kinds: str) -> Decimal:
    return sum(
        (
            each.volume
            for period in cdr.charging_periods
            for each in period.dimensions
            if each.type in kinds
        ),
        Decimal(0),
    )
