"""What a partner is given of a session, read as strictly as the specifications are written."""

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

import msgspec
import pytest
from hypothesis import given, settings

from tests.billing import ocpi_strict
from tests.billing.ocpi_strict import both, sum_of_parts, volume
from tests.tariffs.test_properties import HELSINKI, sessions, tariffs
from voltway.billing import documents, freezing, ocpi_cdr, rules_amounts, rules_cdr
from voltway.billing.documents import CdrDocument, Place, Visit
from voltway.billing.documents_cdr import ChargeRecord, SignedData, SignedValue, charge_record
from voltway.drivers.model import Token, TokenKind, TokenStatus
from voltway.kernel.ids import (
    EvseId,
    LocationId,
    PartyId,
    PublicEvseId,
    SessionId,
    StationId,
    StationIdentity,
    TariffId,
    TokenId,
    TokenUid,
    TransactionRef,
)
from voltway.kernel.money import EUR
from voltway.kernel.units import EnergyWh, PowerW
from voltway.parties.model import Party
from voltway.sessions.model import Session
from voltway.stations.model import Current, EvsePlace, Location
from voltway.stations.reports import PortStatus
from voltway.tariffs import ocpi_write, rules
from voltway.tariffs.model import (
    ChargingPeriod,
    Dimension,
    PriceComponent,
    Restrictions,
    Tariff,
    TariffElement,
)
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi import tariff_of
from voltway.tariffs.ocpi_sessions import read_session
from voltway.tariffs.ocpi_write import OcpiVersion
from voltway.tariffs.rules_united import united

NOON = datetime(2026, 3, 28, 12, tzinfo=UTC)
VERSIONS = ("2.2.1", "2.3.0")


def uuid(number: int) -> UUID:
    return UUID(int=number)


PARTY = Party(
    id=PartyId(uuid(1)),
    country_code="FI",
    ident="VLT",
    name="Nordvolt",
    legal_name="Nordvolt Oy",
    vat_id="FI31847725",
    currency=EUR,
    time_zone="Europe/Helsinki",
    locale="fi",
    hold_minor=5000,
    no_charge_below_wh=EnergyWh(0),
    created_at=NOON,
)
LOCATION = Location(
    id=LocationId(uuid(2)),
    party=PARTY.id,
    name="Kamppi Garage",
    address="Urho Kekkosen katu 1, the third level below the street",
    city="Helsinki",
    country="FI",
    lat=60.1675,
    lon=24.9527,
    time_zone="Europe/Helsinki",
    postal_code="00100",
)
EVSE = EvsePlace(
    evse=EvseId(uuid(3)),
    public_id=PublicEvseId("FI*VLT*E1042*3"),
    number=3,
    station=StationId(uuid(4)),
    identity=StationIdentity("VW-1"),
    location=LOCATION.id,
    location_name=LOCATION.name,
    address=LOCATION.address,
    city=LOCATION.city,
    country=LOCATION.country,
    time_zone=LOCATION.time_zone,
    party=PARTY.id,
    power_w=PowerW(22_000),
    current=Current.AC,
    connector_type="IEC_62196_T2",
    status=PortStatus.AVAILABLE,
)
TOKEN = Token(
    id=TokenId(uuid(5)),
    party=PARTY.id,
    uid=TokenUid("04A1B2C3"),
    kind=TokenKind.RFID,
    label="",
    status=TokenStatus.ACTIVE,
    created_at=NOON,
)
SESSION = Session(
    id=SessionId(uuid(6)),
    party=PARTY.id,
    station=EVSE.station,
    location=LOCATION.id,
    zone="Europe/Helsinki",
    power_w_max=PowerW(22_000),
    ref=TransactionRef("tx-1"),
    started_at=NOON,
    start_method="live",
    start_told=True,
    created_at=NOON,
    heard_at=NOON,
    token=TOKEN.uid,
)
PLACE = Place(
    location=LOCATION.name,
    address=LOCATION.address,
    postal_code="00100",
    city="Helsinki",
    country="FI",
    evse=EVSE.public_id,
    plate=3,
    zone="Europe/Helsinki",
)


def sound(tariff: Tariff) -> Tariff | None:
    """The tariff as OCPI allows it: a reservation has FLAT and TIME alone."""
    elements = []
    for element in tariff.elements:
        of = element.restrictions.reservation
        kept = tuple(each for each in element.price_components if not of or each.dimension in HOLDS)
        if kept:
            elements.append(replace(element, price_components=kept))
    return replace(tariff, elements=tuple(elements)) if elements else None


HOLDS = (Dimension.FLAT, Dimension.TIME)
any_tariff = tariffs.map(sound).filter(bool)


def version_of(tariff: Tariff) -> TariffVersion:
    document = ocpi_write.written(ocpi_write.document(tariff, OcpiVersion.V230))
    return TariffVersion(
        id=TariffId(uuid(7)),
        party=PARTY.id,
        ident=tariff.id,
        version=1,
        document=document,
        tariff=tariff,
        valid_from=NOON,
        valid_until=None,
        created_at=NOON,
    )


def around(tariff: Tariff | None, **more: object) -> rules_cdr.Around:
    known: dict[str, object] = {
        "party": PARTY,
        "session": SESSION,
        "location": LOCATION,
        "evse": EVSE,
        "token": TOKEN,
        "tariff": version_of(tariff) if tariff else None,
    }
    return rules_cdr.Around(**(known | more))  # type: ignore[arg-type]


def billed(tariff: Tariff, periods: list[ChargingPeriod]) -> CdrDocument:
    """The bill of a session, as the house freezes it."""
    bill = rules_amounts.bill(rules.price(tariff, periods, HELSINKI))
    begins, ends = periods[0].begins, periods[-1].ends
    lasted_s = int((ends - begins).total_seconds())
    return CdrDocument(
        session=str(SESSION.id),
        party=str(PARTY.id),
        evse=EVSE.public_id,
        place=PLACE,
        visit=Visit(
            session=str(SESSION.id),
            begins=begins.isoformat(),
            ends=ends.isoformat(),
            duration_s=lasted_s,
            charging_s=lasted_s,
            idle_s=0,
            energy_wh=int(sum(period.energy_wh for period in periods)),
            meter_begin_wh=0,
            meter_end_wh=0,
            ended_because="EVDisconnected",
        ),
        tariff=tariff.id,
        tariff_version=str(uuid(7)),
        account="a",
        currency=EUR,
        total_before_taxes="0",
        total_after_taxes="0",
        total_minor=bill.total.minor,
        charged=True,
        lines=tuple(freezing.line_of(line, tariff) for line in bill.lines),
        taxes=tuple(freezing.tax_of(tax) for tax in bill.taxes),
        points=(),
        changes=(),
    )


def recorded(
    tariff: Tariff, periods: list[ChargingPeriod], **more: object
) -> tuple[ChargeRecord, CdrDocument]:
    made = billed(tariff, periods)
    record = rules_cdr.record(
        str(uuid(8)),
        made,
        "0" * 64,
        united(tariff, periods, ZoneInfo(SESSION.zone)),
        around(tariff, **more),
        cdr=str(uuid(8)),
        at=NOON,
    )
    return charge_record(documents.frozen(record)[0]), made


@given(any_tariff, sessions())
@settings(max_examples=60)
def test_a_strict_partner_reads_every_cdr_and_its_parts_are_its_total(
    tariff: Tariff, periods: list[ChargingPeriod]
) -> None:
    record, made = recorded(tariff, periods)

    for version in VERSIONS:
        cdr = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion(version)), version)
        before, after = both(cdr.total_cost)
        assert after == Decimal(made.total_minor) / 100
        assert before == Decimal(sum(tax.net_minor for tax in made.taxes)) / 100
        assert sum_of_parts(cdr) == (before, after)
        assert volume(cdr, "ENERGY") == cdr.total_energy
        assert cdr.total_energy == Decimal(made.visit.energy_wh) / 1000
        assert volume(cdr, "TIME", "PARKING_TIME") == cdr.total_time
        assert volume(cdr, "PARKING_TIME") == cdr.total_parking_time
        begun = [period.start_date_time for period in cdr.charging_periods]
        assert begun == sorted(begun, key=datetime.fromisoformat)


@given(any_tariff, sessions())
@settings(max_examples=60)
def test_a_partner_who_prices_the_cdr_arrives_at_its_total(
    tariff: Tariff, periods: list[ChargingPeriod]
) -> None:
    """To a cent: hours have no end in decimals, and may lie on the edge between two."""
    record, made = recorded(tariff, periods)
    said = ocpi_cdr.document(record, OcpiVersion.V230)

    told = read_session(ocpi_write.written(said))
    cost = rules.price(tariff_of(said["tariffs"][0]), told, HELSINKI)

    assert abs(cost.payable.minor - made.total_minor) <= 1


def test_energy_that_passes_its_limit_after_the_hour_is_not_told_as_if_before() -> None:
    """One price, until 15:00 and from 0.1 kWh on: all of the energy comes at 15:00."""
    price = PriceComponent(dimension=Dimension.ENERGY, price=Decimal("0.49"))
    until = Restrictions(end_time=time(15), min_kwh=Decimal("0.1"))
    tariff = Tariff(id="t", currency=EUR, elements=(TariffElement((price,), until),))
    noon = datetime(2026, 3, 28, 12, tzinfo=UTC)  # 14:00 in Helsinki
    hour, more = noon + timedelta(hours=1), noon + timedelta(minutes=90)
    periods = [
        ChargingPeriod(begins=noon, ends=hour, parking_s=3600),
        ChargingPeriod(begins=hour, ends=more, energy_wh=15_000, parking_s=1800),
    ]

    record, made = recorded(tariff, periods)
    said = ocpi_cdr.document(record, OcpiVersion.V230)
    told = read_session(ocpi_write.written(said))

    assert made.total_minor == 0
    assert rules.price(tariff_of(said["tariffs"][0]), told, HELSINKI).payable.minor == 0


def simple(price: str = "0.49", **more: object) -> Tariff:
    parts = {
        "id": "DAY",
        "currency": "EUR",
        "elements": [
            {"price_components": [{"type": "ENERGY", "price": Decimal(price), "step_size": 1}]}
        ],
    }
    return tariff_of(parts | more)


def hour(energy_wh: int = 10_000) -> list[ChargingPeriod]:
    return [
        ChargingPeriod(
            begins=NOON, ends=NOON + timedelta(hours=1), energy_wh=energy_wh, charging_s=3600
        )
    ]


def test_a_credit_has_all_of_the_cdr_and_only_its_total_is_negative() -> None:
    record, _ = recorded(simple(), hour())
    credit = rules_cdr.credited(record, NOON + timedelta(days=1))

    for version in VERSIONS:
        was = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion(version)), version)
        cdr = ocpi_strict.read(ocpi_cdr.json_text(credit, OcpiVersion(version)), version)
        assert cdr.id == f"{was.id}-C"
        assert (cdr.credit, cdr.credit_reference_id) == (True, was.id)
        assert both(cdr.total_cost) == tuple(-amount for amount in both(was.total_cost))
        alike = {"id", "credit", "credit_reference_id", "total_cost", "last_updated"}
        for name in set(cdr.__struct_fields__) - alike:
            assert getattr(cdr, name) == getattr(was, name), name


def test_prices_with_tax_are_not_inlined_for_a_version_that_cannot_say_so() -> None:
    record, _ = recorded(simple(tax_included="YES"), hour())

    old = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion.V221), "2.2.1")
    new = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion.V230), "2.3.0")

    assert old.tariffs == []
    assert "prices that include tax" in (old.remark or "")
    assert isinstance(new, ocpi_strict.Cdr230)
    assert [tariff.tax_included for tariff in new.tariffs] == ["YES"]
    assert {period.tariff_id for period in old.charging_periods} == {"DAY"}


def test_what_a_least_price_adds_is_a_fixed_cost() -> None:
    record, _ = recorded(simple(min_price={"before_taxes": Decimal(10)}), hour())
    cdr = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion.V230), "2.3.0")

    assert both(cdr.total_energy_cost) == (Decimal("4.90"), Decimal("4.90"))
    assert both(cdr.total_fixed_cost) == (Decimal("5.10"), Decimal("5.10"))


def test_a_new_period_begins_when_another_price_does_and_not_with_each_reading() -> None:
    tariff = simple(
        elements=[
            {
                "price_components": [{"type": "ENERGY", "price": Decimal("0.29"), "step_size": 1}],
                "restrictions": {"start_time": "17:00", "end_time": "23:00"},
            },
            {"price_components": [{"type": "ENERGY", "price": Decimal("0.49"), "step_size": 1}]},
        ]
    )
    # 16:00 to 18:00 in Helsinki, a reading each minute
    minutes = [
        ChargingPeriod(
            begins=NOON + timedelta(hours=2, minutes=minute),
            ends=NOON + timedelta(hours=2, minutes=minute + 1),
            energy_wh=100,
            charging_s=60,
        )
        for minute in range(120)
    ]

    record, _ = recorded(tariff, minutes)

    assert [(period.begins, period.energy_kwh, period.charging_h) for period in record.periods] == [
        ("2026-03-28T14:00:00Z", "6", "1"),
        ("2026-03-28T15:00:00Z", "6", "1"),
    ]


@pytest.mark.parametrize(
    ("kind", "in_221", "in_230", "method"),
    [
        (TokenKind.RFID, "RFID", "RFID", "WHITELIST"),
        (TokenKind.AD_HOC, "AD_HOC_USER", "AD_HOC_USER", "COMMAND"),
        (TokenKind.APP, "APP_USER", "APP_USER", "COMMAND"),
        (TokenKind.CONTRACT, "OTHER", "EMAID", "WHITELIST"),
        (None, "OTHER", "OTHER", "WHITELIST"),
    ],
)
def test_a_token_is_named_as_each_version_can(
    kind: TokenKind | None, in_221: str, in_230: str, method: str
) -> None:
    shown = None if kind is None else replace(TOKEN, kind=kind)
    record, _ = recorded(simple(), hour(), token=shown)

    for version, word in (("2.2.1", in_221), ("2.3.0", in_230)):
        cdr = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion(version)), version)
        assert (cdr.cdr_token.type, cdr.auth_method) == (word, method)


def test_hostile_words_and_what_is_not_known_fit_their_fields() -> None:
    session = msgspec.structs.replace(SESSION, token=TokenUid("\u00e4\n" * 40), evse=None)
    record, _ = recorded(simple(), hour(), session=session, evse=None, token=None)

    for version in VERSIONS:
        cdr = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion(version)), version)
        assert cdr.cdr_location.evse_id == "#NA"
        assert cdr.cdr_token.uid == "?" * 36


def test_what_the_meter_signed_is_given_along() -> None:
    signed = SignedData(
        encoding_method="OCMF",
        public_key="MFkw",
        values=(SignedValue(nature="End", plain_data="{}", signed_data="T0NNRg=="),),
    )
    record, _ = recorded(simple(), hour(), signed=signed)

    for version in VERSIONS:
        cdr = ocpi_strict.read(ocpi_cdr.json_text(record, OcpiVersion(version)), version)
        assert cdr.signed_data is not None
        assert cdr.signed_data.signed_values[0].signed_data == "T0NNRg=="


@pytest.mark.parametrize(
    ("two", "three"),
    [
        ("DE", "DEU"),
        ("YE", "YEM"),
        ("CD", "COD"),
        ("FI", "FIN"),
        ("FR", "FRA"),
        ("GB", "GBR"),
        ("FIN", "FIN"),
    ],
)
def test_a_country_has_three_letters(two: str, three: str) -> None:
    assert rules_cdr.country(two) == three
