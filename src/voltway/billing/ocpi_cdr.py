"""Our CDRs as OCPI 2.2.1 and 2.3.0 write them (CDRs module, CDR object).

Where the versions differ:
  - 2.2.1 says an amount as ``excl_vat`` and ``incl_vat``, 2.3.0 as ``before_taxes`` and a list of
    ``taxes``.
  - 2.2.1 has no word for prices that include tax. Such a tariff is not inlined there, and the
    remark says so: half a tariff would make another price.
  - 2.3.0 knows a token of an EV maker's contract, ``EMAID``.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, Final

from voltway.billing.documents_cdr import (
    ChargeRecord,
    Part,
    Period,
    PlaceThen,
    SignedData,
    TaxPart,
    TokenShown,
)
from voltway.billing.rules_cdr import REMARK_MAX
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.money import Currency, Money
from voltway.tariffs import ocpi_write
from voltway.tariffs.model import Tariff
from voltway.tariffs.ocpi import read_tariff
from voltway.tariffs.ocpi_write import OcpiVersion, TariffBeyondVersion, written

#: The versions that have our CDRs: 2.1.1 has no credit CDRs and no place of its own.
VERSIONS: Final = (OcpiVersion.V221, OcpiVersion.V230)

TOKEN_TYPES: Final[Mapping[str, str]] = {
    "ad_hoc": "AD_HOC_USER",
    "app": "APP_USER",
    "rfid": "RFID",
    "contract": "EMAID",
}
NO_EMAID: Final = "OTHER"  # 2.2.1


class NoCdrsInVersion(Refusal):
    """CDRs are written in OCPI 2.2.1 and 2.3.0; older versions cannot say all that is in them."""

    kind = Kind.INVALID


def document(record: ChargeRecord, version: OcpiVersion) -> dict[str, Any]:
    """The CDR as this version's object; numbers are ``Decimal``, see ``written``."""
    if version not in VERSIONS:
        raise NoCdrsInVersion
    tariff, beyond = _tariff(record, version)
    remark = " ".join(word for word in (record.remark, beyond) if word)[:REMARK_MAX]
    money = _Amounts(Currency(record.currency), version)
    said: dict[str, Any] = {
        "country_code": record.country_code,
        "party_id": record.party_id,
        "id": record.id,
        "start_date_time": record.begins,
        "end_date_time": record.ends,
        "session_id": record.session,
        "cdr_token": _token(record.token, version),
        "auth_method": record.auth_method,
        "cdr_location": _place(record.place),
        "currency": record.currency,
        "tariffs": [tariff] if tariff else None,
        "charging_periods": [_period(each, record.tariff) for each in record.periods],
        "signed_data": _signed(record.signed),
        "total_cost": money.price(record.total),
        "total_fixed_cost": money.price(record.fixed),
        "total_energy": Decimal(record.energy_kwh),
        "total_energy_cost": money.price(record.energy),
        "total_time": Decimal(record.lasted_h),
        "total_time_cost": money.price(record.time),
        "total_parking_time": Decimal(record.parked_h),
        "total_parking_cost": money.price(record.parking),
        "total_reservation_cost": money.price(record.reservation),
        "remark": remark or None,
        "credit": True if record.credits else None,
        "credit_reference_id": record.credits,
        "last_updated": record.frozen_at,
    }
    return _told(said)


def json_text(record: ChargeRecord, version: OcpiVersion) -> str:
    """The CDR as JSON, with all digits of its numbers."""
    return written(document(record, version))


def _tariff(record: ChargeRecord, version: OcpiVersion) -> tuple[dict[str, Any] | None, str]:
    """The tariff as it was, with what every version asks for; or why it cannot be said."""
    if record.tariff_document is None:
        return None, ""
    tariff: Tariff = read_tariff(record.tariff_document)
    try:
        said = ocpi_write.document(tariff, version)
    except TariffBeyondVersion as beyond:
        return None, str(beyond)
    said.setdefault("country_code", record.country_code)
    said.setdefault("party_id", record.party_id)
    said.setdefault("last_updated", record.tariff_updated)
    return said, ""


def _token(token: TokenShown, version: OcpiVersion) -> dict[str, Any]:
    kind = TOKEN_TYPES.get(token.kind or "", "OTHER")
    if kind == "EMAID" and version is OcpiVersion.V221:
        kind = NO_EMAID
    return {
        "country_code": token.country_code,
        "party_id": token.party_id,
        "uid": token.uid,
        "type": kind,
        "contract_id": token.contract_id,
    }


def _place(place: PlaceThen) -> dict[str, Any]:
    return _told(
        {
            "id": place.id,
            "name": place.name,
            "address": place.address,
            "city": place.city,
            "postal_code": place.postal_code,
            "country": place.country,
            "coordinates": {"latitude": place.latitude, "longitude": place.longitude},
            "evse_uid": place.evse_uid,
            "evse_id": place.evse_id,
            "connector_id": place.connector_id,
            "connector_standard": place.connector_standard,
            "connector_format": place.connector_format,
            "connector_power_type": place.connector_power_type,
        }
    )


def _period(period: Period, tariff: str | None) -> dict[str, Any]:
    volumes = {
        "ENERGY": period.energy_kwh if period.reserved_h is None else None,
        "TIME": period.charging_h,
        "PARKING_TIME": period.parking_h,
        "RESERVATION_TIME": period.reserved_h,
        "MIN_POWER": period.power_kw_min,
        "MAX_POWER": period.power_kw_max,
    }
    dimensions = [
        {"type": name, "volume": Decimal(volume)}
        for name, volume in volumes.items()
        if volume is not None
    ]
    return _told({"start_date_time": period.begins, "dimensions": dimensions, "tariff_id": tariff})


def _signed(signed: SignedData | None) -> dict[str, Any] | None:
    if signed is None:
        return None
    return _told(
        {
            "encoding_method": signed.encoding_method,
            "encoding_method_version": signed.encoding_method_version,
            "public_key": signed.public_key,
            "signed_values": [
                {
                    "nature": value.nature,
                    "plain_data": value.plain_data,
                    "signed_data": value.signed_data,
                }
                for value in signed.values
            ],
            "url": signed.url,
        }
    )


class _Amounts:
    """Amounts of one currency in the words of one version."""

    def __init__(self, currency: Currency, version: OcpiVersion) -> None:
        self._currency = currency
        self._version = version

    def price(self, part: Part | None) -> dict[str, Any] | None:
        if part is None:
            return None
        before = self._decimal(part.net_minor)
        if self._version is OcpiVersion.V221:
            return {"excl_vat": before, "incl_vat": self._decimal(part.gross_minor)}
        taxes = [self._tax(tax) for tax in part.taxes if tax.rate is not None or tax.minor]
        return _told({"before_taxes": before, "taxes": taxes})

    def _tax(self, tax: TaxPart) -> dict[str, Any]:
        rate = None if tax.rate is None else Decimal(tax.rate)
        return _told({"name": "VAT", "percentage": rate, "amount": self._decimal(tax.minor)})

    def _decimal(self, minor: int) -> Decimal:
        return Money(minor, self._currency).decimal


def _told(said: dict[str, Any]) -> dict[str, Any]:
    """Only what there is to tell: OCPI leaves out what is not there."""
    return {name: value for name, value in said.items() if value is not None and value != []}
