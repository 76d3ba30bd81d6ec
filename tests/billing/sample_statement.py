"""A statement and a settlement as somebody gets them, and parts to make others of."""

from datetime import UTC, datetime, timedelta

from tests.billing.sample import KAMPPI
from voltway.billing import documents, rules_statements
from voltway.billing.documents import Tax
from voltway.billing.documents_invoice import NET_LEADING
from voltway.billing.documents_statement import (
    SETTLEMENT,
    STATEMENT,
    Charge,
    HostShare,
    Recipient,
    StatementDocument,
)
from voltway.kernel.money import EUR

RECIPIENT = Recipient(
    name="Posti Kuljetus Oy",
    street="Postintaival 7",
    postal_code="00230",
    city="Helsinki",
    country="FI",
    vat_id="FI31847725",
    reference="Cost centre 7",
)
_BEGINS = datetime(2026, 10, 1, 6, 30, tzinfo=UTC)


def charge(place: int, /, *, vehicle: str = "Van 7", **more: object) -> Charge:
    gross = 1_000 + 37 * place
    net = round(gross / 1.255)
    fields = {
        "number": f"VLT-R2026-{place:06d}",
        "sha256": "0" * 64,
        "session": f"0199e2c0-5a10-7d3e-8f10-{place:012d}",
        "at": (_BEGINS + timedelta(hours=19 * place)).isoformat(),
        "zone": "Europe/Helsinki",
        "place": "Kamppi Garage",
        "evse": "FI*VLT*E1042*3",
        "vehicle": vehicle,
        "energy_wh": 20_410 + 10 * place,
        "taxes": (Tax(rate="25.5", gross_minor=gross, net_minor=net, tax_minor=gross - net),),
        "net_minor": net,
        "gross_minor": gross,
    }
    return Charge(**{**fields, **more})  # type: ignore[arg-type]


def correction() -> Charge:
    return charge(
        31,
        number="VLT-C2026-000004",
        at="2026-09-12T10:00:00+00:00",
        taxes=(Tax(rate="25.5", gross_minor=-300, net_minor=-239, tax_minor=-61),),
        net_minor=-239,
        gross_minor=-300,
        corrects="VLT-R2026-000007",
        stated_on="VLT-S2026-000002",
    )


def share(place: int, /, kind: str = "session", **more: object) -> HostShare:
    fields = {
        "share": f"0199e2c0-5a10-7d3e-8f10-{place:012d}",
        "kind": kind,
        "session": None if kind == "month" else f"0199e2c0-5a10-7d3e-8f11-{place:012d}",
        "number": None if kind == "month" else f"VLT-R2026-{place:06d}",
        "at": (_BEGINS + timedelta(hours=19 * place)).isoformat(),
        "zone": "Europe/Helsinki",
        "location": "Kamppi Garage",
        "evse": "" if kind == "month" else "FI*VLT*E1042*3",
        "energy_wh": 20_410,
        "revenue_minor": 781,
        "percent": "10",
        "per_session": "0.5",
        "per_kwh": "0.02",
        "per_month": "120",
        "percent_minor": 78,
        "session_minor": 50,
        "energy_minor": 41,
        "month_minor": 0,
        "amount_minor": 169,
        "agreement": "3 2026-01-01",
        "rate": "25.5",
    }
    return HostShare(**{**fields, **more})  # type: ignore[arg-type]


def fee() -> HostShare:
    none = dict.fromkeys(
        ("energy_wh", "revenue_minor", "percent_minor", "session_minor", "energy_minor"), 0
    )
    return share(38, "month", month_minor=12_000, amount_minor=12_000, **none)


def share_correction() -> HostShare:
    return share(
        20,
        "correction",
        at="2026-09-12T10:00:00+00:00",
        revenue_minor=-239,
        energy_wh=0,
        percent_minor=-24,
        session_minor=0,
        energy_minor=0,
        amount_minor=-24,
        settled_on="VLT-H2026-000001",
    )


def statement(*charges: Charge, mode: str = NET_LEADING) -> StatementDocument:
    lines = charges or (*(charge(n, vehicle=f"Van {n % 3}") for n in range(1, 25)), correction())
    taxes = rules_statements.taxes((line.taxes for line in lines), mode, EUR)
    return _document(STATEMENT, taxes, mode, charges=lines)


def settlement(*shares: HostShare, self_billed: bool = True) -> StatementDocument:
    lines = shares or (*(share(n) for n in range(1, 12)), fee(), share_correction())
    net = [
        (Tax(rate=each.rate, gross_minor=0, net_minor=each.amount_minor, tax_minor=0),)
        for each in lines
    ]
    taxes = rules_statements.taxes(net, NET_LEADING, EUR)
    return _document(SETTLEMENT, taxes, NET_LEADING, shares=lines, self_billed=self_billed)


def _document(kind: str, taxes: tuple[Tax, ...], mode: str, **more: object) -> StatementDocument:
    fields = {
        "kind": kind,
        "number": "VLT-S2026-000003" if kind == STATEMENT else "VLT-H2026-000002",
        "issued_at": "2026-11-02T08:00:00+00:00",
        "zone": "Europe/Helsinki",
        "month": "2026-10",
        "due_on": "2026-11-16",
        "currency": "EUR",
        "rounding": mode,
        "seller": KAMPPI.seller,
        "recipient": RECIPIENT,
        "taxes": taxes,
        "net_minor": sum(tax.net_minor for tax in taxes),
        "tax_minor": sum(tax.tax_minor for tax in taxes),
        "total_minor": sum(tax.gross_minor for tax in taxes),
    }
    return StatementDocument(**{**fields, **more})  # type: ignore[arg-type]


def raw(made: StatementDocument) -> bytes:
    return documents.frozen(made)[0]
