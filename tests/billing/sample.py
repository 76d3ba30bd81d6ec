"""A receipt as the design shows it, and parts to make others of."""

import msgspec

from voltway.billing import documents
from voltway.billing.documents import Line, Paid, Place, Receipt, Seller, Tax, Visit

KAMPPI = Receipt(
    number="VLT-R2026-000118",
    issued_at="2026-11-23T16:20:04+00:00",
    currency="EUR",
    seller=Seller(
        name="Nordvolt",
        legal_name="Nordvolt Oy",
        vat_id="FI31847725",
        address=("Salomonkatu 1", "00100 Helsinki"),
        country="FI",
    ),
    place=Place(
        location="Kamppi Garage",
        address="Urho Kekkosen katu 1",
        postal_code="00100",
        city="Helsinki",
        country="FIN",
        evse="FI*VLT*E1042*3",
        plate=3,
        zone="Europe/Helsinki",
    ),
    visit=Visit(
        session="0199e2c0-5a10-7d3e-8f10-2b7f3c9a1e55",
        begins="2026-11-23T15:26:00+00:00",
        ends="2026-11-23T16:20:00+00:00",
        duration_s=54 * 60,
        charging_s=28 * 60,
        idle_s=26 * 60,
        energy_wh=49_120,
        meter_begin_wh=18_204_310,
        meter_end_wh=18_253_430,
        ended_because="EVDisconnected",
    ),
    lines=(
        Line(
            kind="ENERGY",
            reservation=None,
            volume="49.12",
            billed_volume="49.12",
            price="0.49",
            rate="25.5",
            gross_minor=2407,
            net_minor=1918,
            why="49.12 kWh at 0.49",
        ),
        Line(
            kind="PARKING_TIME",
            reservation=None,
            volume="0.1",
            billed_volume="0.1",
            price="6",
            rate="25.5",
            gross_minor=60,
            net_minor=48,
            why="6 min at 0.10",
        ),
    ),
    taxes=(Tax(rate="25.5", gross_minor=2467, net_minor=1966, tax_minor=501),),
    total_minor=2467,
    net_minor=1966,
    tax_minor=501,
    paid=Paid(
        how="card",
        provider="simulated",
        card_brand="Visa",
        card_last4="4417",
        wallet="Apple Pay",
        hold_minor=5000,
        paid_minor=2467,
        released_minor=2533,
    ),
    tariff="KAMPPI-DC",
    tariff_version="0199e2c0-0000-7000-8000-000000000001",
    cdr="0199e2c0-0000-7000-8000-000000000002",
    cdr_sha256="0" * 64,
)


def raw(receipt: Receipt = KAMPPI, **changed: object) -> bytes:
    """The frozen bytes of the sample, with some fields changed."""
    return documents.frozen(msgspec.structs.replace(receipt, **changed))[0]
