"""A month of the books as a DATEV Buchungsstapel: EXTF, version 700, category 21, version 13.

Note [What a row is]
~~~~~~~~~~~~~~~~~~~~
A posting of ours is a row: what it debits is the Konto with S, what it credits the Gegenkonto, the
amount is the Umsatz. So the sums of the file are those of the books, whatever the mapping says.

VAT: DATEV reckons the tax itself from a gross row with a tax key (BU-Schlüssel), and only such rows
reach the advance return. So where all revenue of an entry has one rate, the rate's account has a
tax key, and DATEV's reckoning of the gross rows comes to our tax to the cent, revenue and tax
become gross rows with that key. Everywhere else they stay apart, net and tax, with the key of the
revenue's own mapping, if it has one (40 lifts an automatic account's own reckoning).

DATEV's description of the format: Format_Buchungsstapel, version 13, of the DATEV-Format
documentation for developers.
"""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import ClassVar, Final
from zoneinfo import ZoneInfo

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import EntryId
from voltway.kernel.money import Currency, Money, payable
from voltway.ledger.model import Account, AccountType, Placed, Posting
from voltway.ledger.rules_chart import is_beneath, type_of

ENCODING: Final = "cp1252"
ROWS_MAX: Final = 99_999
TEXT_MAX: Final = 60
DOCUMENT_MAX: Final = 36
#: Ten digits before the comma and two after it.
AMOUNT_MAX: Final = 10**12

#: A Umsatz without sign, whose side the Konto is on, and so on, in DATEV's order.
COLUMNS: Final = (
    *("Umsatz (ohne Soll/Haben-Kz)", "Soll/Haben-Kennzeichen", "WKZ Umsatz", "Kurs"),
    *("Basis-Umsatz", "WKZ Basis-Umsatz", "Konto", "Gegenkonto (ohne BU-Schlüssel)"),
    *("BU-Schlüssel", "Belegdatum", "Belegfeld 1", "Belegfeld 2", "Skonto", "Buchungstext"),
    *("Postensperre", "Diverse Adressnummer", "Geschäftspartnerbank", "Sachverhalt"),
    *("Zinssperre", "Beleglink"),
    *(f"Beleginfo - {what} {n}" for n in range(1, 9) for what in ("Art", "Inhalt")),
    *("KOST1 - Kostenstelle", "KOST2 - Kostenstelle", "Kost-Menge"),
    *("EU-Land u. UStID (Bestimmung)", "EU-Steuersatz (Bestimmung)", "Abw. Versteuerungsart"),
    *("Sachverhalt L+L", "Funktionsergänzung L+L", "BU 49 Hauptfunktionstyp"),
    *("BU 49 Hauptfunktionsnummer", "BU 49 Funktionsergänzung"),
    *(f"Zusatzinformation{what} {n}" for n in range(1, 21) for what in (" - Art", "- Inhalt")),
    *("Stück", "Gewicht", "Zahlweise", "Forderungsart", "Veranlagungsjahr"),
    *("Zugeordnete Fälligkeit", "Skontotyp", "Auftragsnummer", "Buchungstyp"),
    *("USt-Schlüssel (Anzahlungen)", "EU-Land (Anzahlungen)", "Sachverhalt L+L (Anzahlungen)"),
    *("EU-Steuersatz (Anzahlungen)", "Erlöskonto (Anzahlungen)", "Herkunft-Kz", "Buchungs GUID"),
    *("KOST-Datum", "SEPA-Mandatsreferenz", "Skontosperre", "Gesellschaftername"),
    *("Beteiligtennummer", "Identifikationsnummer", "Zeichnernummer", "Postensperre bis"),
    *("Bezeichnung SoBil-Sachverhalt", "Kennzeichen SoBil-Buchung", "Festschreibung"),
    *("Leistungsdatum", "Datum Zuord. Steuerperiode", "Fälligkeit", "Generalumkehr (GU)"),
    *("Steuersatz", "Land", "Abrechnungsreferenz", "BVV-Position"),
    *("EU-Land u. UStID (Ursprung)", "EU-Steuersatz (Ursprung)", "Abw. Skontokonto"),
)
_PLACE: Final = {name: place for place, name in enumerate(COLUMNS)}
#: What DATEV wants between quotation marks, of the columns that we fill.
_QUOTED: Final = frozenset(
    {
        "Soll/Haben-Kennzeichen",
        "WKZ Umsatz",
        "BU-Schlüssel",
        "Belegfeld 1",
        "Belegfeld 2",
        "Buchungstext",
        "Buchungs GUID",
    }
)


@dataclass(eq=False)
class NotMapped(Refusal):
    """These accounts have no account of the bookkeeper's yet: {accounts}. Map them, and export
    again."""

    kind: ClassVar[Kind] = Kind.CONFLICT

    accounts: str


@dataclass(eq=False)
class NoBookkeeper(Refusal):
    """The numbers of tax consultant and client (DATEV: Berater, Mandant) are not set yet."""

    kind: ClassVar[Kind] = Kind.CONFLICT


@dataclass(eq=False)
class AmountTooLarge(Refusal):
    """An amount of {amount} is more than a row of DATEV can hold."""

    amount: str


@dataclass(frozen=True, slots=True)
class Mapped:
    """An account of the bookkeeper's chart, and the tax key (BU-Schlüssel) that goes with it."""

    account: str
    tax_key: str = ""


@dataclass(frozen=True, slots=True)
class Bookkeeper:
    """How a party is called at its bookkeeper's, and how accounts are written there."""

    consultant: int
    client: int
    account_length: int
    year_begins: int = 1
    chart: str = "04"


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """What a Buchungsstapel is of: a month, one currency."""

    month: date
    last_day: date
    zone: ZoneInfo
    currency: Currency
    made_at: datetime
    final: bool  # the month is closed (Festschreibung)
    by: str = "Voltway"
    mapping: Mapping[str, Mapped] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Row:
    debit: Account
    credit: Account
    minor: int
    tax_key: str


def written(
    bookkeeper: Bookkeeper,
    batch: Batch,
    entries: Iterable[Placed],
    documents: Mapping[EntryId, str],
    *,
    rows_max: int = ROWS_MAX,
) -> list[bytes]:
    """The files of a month: as many as DATEV's bound on rows makes of it, one at least.

    ``documents`` names the number of the receipt or invoice of an entry, where there is one.
    Raises ``NotMapped`` with all accounts that are not mapped.
    """
    rows: list[str] = []
    missing: set[str] = set()
    for each in entries:
        for row in _rows(each, batch):
            accounts = [_mapped(path, batch.mapping) for path in (row.debit, row.credit)]
            missing |= {
                path
                for path, known in zip((row.debit, row.credit), accounts, strict=True)
                if known is None
            }
            if None not in accounts:
                known = [account.account for account in accounts if account is not None]
                rows.append(_line(each, row, known, batch, documents.get(each.id, "")))
    if missing:
        raise NotMapped(", ".join(sorted(missing)))
    parts = [rows[start : start + rows_max] for start in range(0, len(rows), rows_max)] or [[]]
    return [
        "".join(
            f"{line}\r\n" for line in (_head(bookkeeper, batch), ";".join(COLUMNS), *part)
        ).encode(ENCODING, "replace")
        for part in parts
    ]


def _mapped(path: str, mapping: Mapping[str, Mapped]) -> Mapped | None:
    """The mapping of a path: the longest that it is at or beneath."""
    fits = [known for known in mapping if is_beneath(path, known)]
    return mapping[max(fits, key=len)] if fits else None


def _rows(placed: Placed, batch: Batch) -> Iterator[_Row]:
    postings = [p for p in placed.entry.postings if p.amount.currency == batch.currency]
    yield from _gross(postings, batch.mapping) or _apart(postings, batch.mapping)


def _apart(postings: Sequence[Posting], mapping: Mapping[str, Mapped]) -> list[_Row]:
    """Each posting as it is. A revenue's key goes with its row."""
    found = []
    for posting in postings:
        keys = [
            known.tax_key
            for path in (posting.debit, posting.credit)
            if type_of(path) is AccountType.INCOME and (known := _mapped(path, mapping)) is not None
        ]
        found.append(_Row(posting.debit, posting.credit, posting.amount.minor, "".join(keys[:1])))
    return found


def _gross(postings: Sequence[Posting], mapping: Mapping[str, Mapped]) -> list[_Row] | None:
    """Revenue with the tax upon it, where one rate and one key hold for all; else ``None``."""
    taxes = [p for p in postings if type_of(p.credit) is AccountType.TAX]
    sold = [p for p in postings if type_of(p.credit) is AccountType.INCOME]
    if not sold or len(taxes) + len(sold) != len(postings) or len(taxes) != 1:
        return None
    tax = taxes[0]
    known = _mapped(tax.credit, mapping)
    rate = _rate(tax.credit)
    if known is None or not known.tax_key or rate is None:
        return None
    if {p.debit for p in sold} != {tax.debit}:
        return None
    left, rows = tax.amount.minor, []
    for posting in sold[:-1]:
        share = payable(posting.amount.decimal * rate / 100, posting.amount.currency).minor
        left -= share
        rows.append(
            _Row(posting.debit, posting.credit, posting.amount.minor + share, known.tax_key)
        )
    last = sold[-1]
    rows.append(_Row(last.debit, last.credit, last.amount.minor + left, known.tax_key))
    reckoned = sum(_tax_in(Money(row.minor, tax.amount.currency), rate) for row in rows)
    return rows if reckoned == tax.amount.minor else None


def _rate(account: str) -> Decimal | None:
    """The rate in ``tax:vat:19``."""
    try:
        rate = Decimal(account.rsplit(":", 1)[1])
    except (InvalidOperation, IndexError):
        return None
    return rate if rate.is_finite() else None


def _tax_in(gross: Money, rate: Decimal) -> int:
    """The tax that DATEV reckons from a gross row."""
    return payable(gross.decimal * rate / (100 + rate), gross.currency).minor


def _head(bookkeeper: Bookkeeper, batch: Batch) -> str:
    first_month = bookkeeper.year_begins
    year = batch.month.year - (batch.month.month < first_month)
    return ";".join(
        (
            *('"EXTF"', "700", "21", '"Buchungsstapel"', "13"),
            f"{batch.made_at:%Y%m%d%H%M%S}{batch.made_at.microsecond // 1000:03d}",
            *("", '"VW"', _quoted(batch.by, 25), '""'),
            *(str(bookkeeper.consultant), str(bookkeeper.client)),
            f"{date(year, first_month, 1):%Y%m%d}",
            str(bookkeeper.account_length),
            *(f"{batch.month:%Y%m%d}", f"{batch.last_day:%Y%m%d}"),
            _quoted(f"Voltway {batch.month:%Y-%m}", 30),
            *('""', "1", "0", "1" if batch.final else "0", f'"{batch.currency}"'),
            *("", '""', "", "", f'"{bookkeeper.chart}"', "", "", '""', '""'),
        )
    )


def _line(placed: Placed, row: _Row, accounts: Sequence[str], batch: Batch, document: str) -> str:
    entry = placed.entry
    if row.minor >= AMOUNT_MAX:
        raise AmountTooLarge(str(Money(row.minor, batch.currency)))
    cells = [""] * len(COLUMNS)
    amount = Money(row.minor, batch.currency).decimal
    given = {
        "Umsatz (ohne Soll/Haben-Kz)": f"{amount:.2f}".replace(".", ","),
        "Soll/Haben-Kennzeichen": "S",
        "WKZ Umsatz": batch.currency,
        "Konto": accounts[0],
        "Gegenkonto (ohne BU-Schlüssel)": accounts[1],
        "BU-Schlüssel": row.tax_key,
        "Belegdatum": f"{entry.at.astimezone(batch.zone):%d%m}",
        "Belegfeld 1": re.sub(r"[^A-Za-z0-9$&%*+/-]", "", document)[:DOCUMENT_MAX],
        "Belegfeld 2": f"{placed.place}"[:12],
        "Buchungstext": entry.memo,
        "Buchungs GUID": str(placed.id),
        "Festschreibung": "1" if batch.final else "0",
        "Leistungsdatum": _supplied(entry.evidence, batch.zone),
        # DATEV takes the one with the other only; VAT belongs to the month of the supply.
        "Datum Zuord. Steuerperiode": _supplied(entry.evidence, batch.zone),
    }
    for name, value in given.items():
        cells[_PLACE[name]] = _quoted(value, TEXT_MAX) if name in _QUOTED else value
    return ";".join(cells)


def _supplied(evidence: Mapping[str, str], zone: ZoneInfo) -> str:
    """The date of a supply that was posted later (Leistungsdatum)."""
    told = evidence.get("supplied_at")
    return f"{datetime.fromisoformat(told).astimezone(zone):%d%m%Y}" if told else ""


def _quoted(text: str, length_max: int) -> str:
    """Text as DATEV takes it: no line breaks, doubled quotation marks, so long at most."""
    plain = "".join(sign if sign.isprintable() else " " for sign in text)[:length_max]
    doubled = plain.replace('"', '""')
    return f'"{doubled}"'
