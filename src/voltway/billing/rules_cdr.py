"""From a bill to the CDR that a partner is given, and to the credit CDR that takes it back.

The amounts are those of the bill, to the cent: a CDR and its receipt cannot differ.
See Note [Where a limit goes].
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import ROUND_DOWN, Decimal
from fractions import Fraction
from typing import Final

from babel.core import get_global
from msgspec.structs import replace

from voltway.billing.documents import CdrDocument, Line
from voltway.billing.documents_cdr import (
    ChargeRecord,
    Part,
    Period,
    PlaceThen,
    SignedData,
    TaxPart,
    TokenShown,
)
from voltway.billing.rules_amounts import apportion
from voltway.drivers.model import Token, TokenKind
from voltway.parties.model import Party
from voltway.sessions.model import Session
from voltway.stations.model import Current, EvsePlace, Location
from voltway.tariffs.exact import Exact
from voltway.tariffs.model import ChargingPeriod, Tariff
from voltway.tariffs.model_versions import TariffVersion

#: What OCPI has for what is not known (transport and format, "not available").
NOT_KNOWN: Final = "#NA"

#: So many places have our volumes. They are cut, not rounded: a partner that rounds up to the next
#: second must not be given 1200.00001 seconds.
PLACES: Final = Decimal(1).scaleb(-10)

#: A single phase of 32 A gives no more than this.
ONE_PHASE_W: Final = 7_400

#: Cables that are never a socket: every DC connector, and what is fixed to AC stations by design.
WITH_CABLE: Final = frozenset({"IEC_62196_T1", "IEC_62196_T1_COMBO", "IEC_62196_T2_COMBO"})

REMARK_MAX: Final = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Around:
    """What a CDR says beside the bill: who, where, with what, under which tariff."""

    party: Party
    session: Session
    location: Location
    evse: EvsePlace | None
    token: Token | None
    tariff: TariffVersion | None
    signed: SignedData | None = None


def record(
    id: str,
    billed: CdrDocument,
    sha256: str,
    periods: Sequence[ChargingPeriod],
    around: Around,
    *,
    cdr: str,
    at: datetime,
) -> ChargeRecord:
    """The CDR of a bill. ``periods`` are those of the session, united at the same prices."""
    told = tuple(_periods(periods, around.tariff.tariff if around.tariff else None))
    parts = _parts(billed)
    return ChargeRecord(
        id=id,
        country_code=around.party.country_code,
        party_id=around.party.ident,
        session=billed.session,
        begins=_z(datetime.fromisoformat(billed.visit.begins)),
        ends=_z(datetime.fromisoformat(billed.visit.ends)),
        token=_token(around),
        auth_method="COMMAND" if _is_ours(around.token) else "WHITELIST",
        place=place(around.location, around.evse),
        currency=billed.currency,
        tariff=around.tariff.ident if around.tariff else None,
        tariff_document=around.tariff.document if around.tariff else None,
        tariff_updated=_z(around.tariff.created_at) if around.tariff else None,
        periods=told,
        total=Part(
            net_minor=sum(tax.net_minor for tax in billed.taxes),
            taxes=tuple(TaxPart(rate=tax.rate, minor=tax.tax_minor) for tax in billed.taxes),
        ),
        fixed=parts.get("fixed"),
        energy=parts.get("energy"),
        time=parts.get("time"),
        parking=parts.get("parking"),
        reservation=parts.get("reservation"),
        energy_kwh=_sum(period.energy_kwh for period in told),
        lasted_h=_sum(
            hours for period in told for hours in (period.charging_h, period.parking_h) if hours
        ),
        parked_h=_sum(period.parking_h for period in told if period.parking_h),
        remark=_remark(billed),
        signed=around.signed,
        frozen_at=_z(at),
        cdr=cdr,
        cdr_sha256=sha256,
    )


def credited(record: ChargeRecord, at: datetime) -> ChargeRecord:
    """The credit CDR of a CDR: all of its data under an id of its own; only the total is negative
    (OCPI 2.2.1, Credit CDRs)."""
    assert record.credits is None, "a credit is not credited: make a new CDR"
    total = Part(
        net_minor=-record.total.net_minor,
        taxes=tuple(replace(tax, minor=-tax.minor) for tax in record.total.taxes),
    )
    return replace(record, id=f"{record.id}-C", credits=record.id, total=total, frozen_at=_z(at))


# Note [Where a limit goes]
# ~~~~~~~~~~~~~~~~~~~~~~~~~
# OCPI has no field for what a least or a most price did, and its parts make the total only if they
# hold it. What a least price adds depends on no amount that was used, as OCPI says of the fixed
# cost: it goes there, and the energy's cost stays energy times price. What a most price or a code
# takes off is taken off all parts in their proportion, so that none is negative.


def _parts(billed: CdrDocument) -> dict[str, Part]:
    lines: dict[str, list[Line]] = {}
    off_gross = off_net = 0
    for line in billed.lines:
        if line.kind in ("MAX_PRICE", "PROMOTION", "ALLOWANCE"):
            off_gross, off_net = off_gross + line.gross_minor, off_net + line.net_minor
        else:
            lines.setdefault(_part_of(line), []).append(line)
    if not lines:
        assert not off_gross, "what a most price took off was there"
        return {}
    gross = [line.gross_minor for each in lines.values() for line in each]
    net = [line.net_minor for each in lines.values() for line in each]
    left = iter(
        zip(
            apportion([Decimal(each) for each in gross], sum(gross) + off_gross),
            apportion([Decimal(each) for each in net], sum(net) + off_net),
            strict=True,
        )
    )
    found = {}
    for name, each in lines.items():
        before = 0
        taxes: dict[str | None, int] = {}
        for line in each:
            gross_minor, net_minor = next(left)
            before += net_minor
            taxes[line.rate] = taxes.get(line.rate, 0) + gross_minor - net_minor
        told = tuple(TaxPart(rate=rate, minor=minor) for rate, minor in taxes.items())
        found[name] = Part(net_minor=before, taxes=told)
    return found


def _part_of(line: Line) -> str:
    if line.reservation is not None:
        return "reservation"
    return {"ENERGY": "energy", "TIME": "time", "PARKING_TIME": "parking"}.get(line.kind, "fixed")


def _periods(periods: Sequence[ChargingPeriod], tariff: Tariff | None) -> Iterator[Period]:
    """The volumes are cut so that those of all periods together are the session's."""
    asks_power = tariff is not None and any(
        element.restrictions.asks_the_power for element in tariff.elements
    )
    energy, charging, parking, reserved = _Cut(), _Cut(), _Cut(), _Cut()
    for period in periods:
        yield Period(
            begins=_z(period.begins),
            energy_kwh=energy.next(Fraction(period.energy_wh) / 1000),
            charging_h=charging.hours(period.charging_s),
            parking_h=parking.hours(period.parking_s),
            reserved_h=reserved.hours(period.reserved_s),
            power_kw_min=_power(period.min_power_kw) if asks_power else None,
            power_kw_max=_power(period.max_power_kw) if asks_power else None,
        )


class _Cut:
    """Numbers cut to our places, each so that the sum up to it is the exact sum, cut."""

    def __init__(self) -> None:
        self._exact = Fraction(0)
        self._told = Decimal(0)

    def next(self, number: Fraction) -> str:
        self._exact += number
        upto = _cut(self._exact)
        told, self._told = upto - self._told, upto
        return _text(told)

    def hours(self, seconds: Exact) -> str | None:
        return self.next(Fraction(seconds) / 3600) if seconds else None


def _cut(number: Fraction) -> Decimal:
    whole = number.numerator * 10**10 // number.denominator
    return Decimal(whole).scaleb(-10)


def _power(kw: Exact | None) -> str | None:
    return None if kw is None else _text(_cut(Fraction(kw)).quantize(PLACES, ROUND_DOWN))


def _sum(numbers: Iterator[str]) -> str:
    return _text(sum((Decimal(number) for number in numbers), Decimal(0)))


def _text(number: Decimal) -> str:
    short = number.normalize()
    return f"{short.quantize(Decimal(1)) if short == short.to_integral() else short:f}"


def _is_ours(token: Token | None) -> bool:
    """Whether we gave the order to start: a guest pays on a page, and holds nothing to a reader."""
    return token is not None and token.kind in (TokenKind.AD_HOC, TokenKind.APP)


def _token(around: Around) -> TokenShown:
    uid = ascii_only(around.session.token or NOT_KNOWN, 36)
    token = around.token
    contract = uid
    if token is not None and token.kind is not TokenKind.CONTRACT:
        contract = str(token.id)
    return TokenShown(
        country_code=around.party.country_code,
        party_id=around.party.ident,
        uid=uid,
        kind=token.kind if token else None,
        contract_id=contract,
    )


def place(location: Location, evse: EvsePlace | None) -> PlaceThen:
    """The place as OCPI has it. Of a connector we know its standard, current and power; the format
    and the phases follow from these."""
    return PlaceThen(
        id=str(location.id),
        name=plain(location.name, 255),
        address=plain(location.address, 45),
        city=plain(location.city, 45),
        postal_code=plain(location.postal_code, 10) if location.postal_code else None,
        country=country(location.country),
        latitude=f"{location.lat:.6f}",
        longitude=f"{location.lon:.6f}",
        evse_uid=str(evse.evse) if evse else NOT_KNOWN,
        evse_id=ascii_only(evse.public_id, 48) if evse else NOT_KNOWN,
        connector_id="1" if evse else NOT_KNOWN,
        connector_standard=evse.connector_type if evse else "IEC_62196_T2",
        connector_format="CABLE" if evse is not None and _has_cable(evse) else "SOCKET",
        connector_power_type=_power_type(evse),
    )


def _has_cable(evse: EvsePlace) -> bool:
    return evse.current is Current.DC or evse.connector_type in WITH_CABLE


def _power_type(evse: EvsePlace | None) -> str:
    if evse is not None and evse.current is Current.DC:
        return "DC"
    return "AC_1_PHASE" if evse is not None and evse.power_w <= ONE_PHASE_W else "AC_3_PHASE"


def country(code: str) -> str:
    """A country in three letters (ISO 3166-1), as OCPI wants it."""
    if len(code) == 3:
        return code
    known = get_global("territory_aliases")
    longs = [long for long, to in known.items() if to == [code] and len(long) == 3]
    # CLDR knows the codes of countries that are no more, too: today's has the letters of the short.
    return max(
        (long for long in longs if long.isalpha()),
        key=lambda long: (long[0] == code[0]) + (code[1] in long[1:]),
        default=code,
    )


def plain(text: str, length: int) -> str:
    """A text that OCPI takes: printable, no longer than its field."""
    return "".join(each if each.isprintable() else " " for each in text)[:length]


def ascii_only(text: str, length: int) -> str:
    """A CiString: printable ASCII, no longer than its field."""
    return "".join(each if " " <= each <= "~" else "?" for each in text)[:length]


def _remark(billed: CdrDocument) -> str | None:
    told = []
    if billed.visit.ended_because:
        told.append(f"Ended: {billed.visit.ended_because}.")
    if not billed.charged:
        told.append("Nothing is charged: less energy flowed than the least that is billed.")
    told += billed.visit.doubtful
    return plain(" ".join(told), REMARK_MAX) or None


def _z(at: datetime) -> str:
    """A moment as OCPI 2.2.1 and 2.3.0 write it: UTC, with the Z."""
    return (
        at.astimezone(UTC)
        .isoformat(timespec="milliseconds")
        .replace(".000", "")
        .replace("+00:00", "Z")
    )
