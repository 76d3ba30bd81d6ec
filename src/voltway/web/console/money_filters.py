"""Which payments are asked for: read from the address, and as conditions of a query."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID
from zoneinfo import ZoneInfo

from voltway.kernel.money import Currency, minor_digits
from voltway.web.console.door import uuid_of
from voltway.web.driver.views import like
from voltway.web.formats import zone_of

#: What a payment may be asked for by where it stands, in the words of the chips.
KINDS: Final[Mapping[str, str]] = {
    "": "All",
    "waiting": "Waiting",
    "held": "Held",
    "needs": "Needs you",
    "captured": "Captured",
    "refunded": "Refunded",
    "released": "Let go",
    "declined": "Declined",
    "disputed": "Disputed",
    "paid": "Paid out",
    "done": "Done",
}
#: The old word for all that came to an end; links to it stay good.
HIDDEN: Final = frozenset({"done"})

_STANDS: Final[Mapping[str, str]] = {
    "waiting": "p.state IN ('asked', 'awaiting')",
    "held": "p.hold_open",
    "needs": "(s.state IN ('resting', 'held') OR p.state IN ('unknown', 'capture_declined'))",
    "captured": "p.captured_minor > 0",
    "refunded": "p.refunded_minor > 0",
    "released": "p.state IN ('released', 'releasing', 'expired')",
    "declined": "p.state IN ('declined', 'capture_declined')",
    "disputed": "p.disputed",
    "paid": "p.paid_out_at IS NOT NULL",
    "done": "p.ended_at IS NOT NULL",
}

#: Each way to find a payment by a few signs, all of them by an index.
_FOUND: Final = """
    p.id IN (
        SELECT id FROM payment_monitor_view WHERE card_last4 = {exact}
         UNION ALL
        SELECT id FROM payment_monitor_view
         WHERE token_end = {end} AND reverse(lower(token_uid)) LIKE {tail}
         UNION ALL
        SELECT id FROM payment_monitor_view WHERE provider_ref = {exact}
         UNION ALL
        SELECT id FROM payment_monitor_view WHERE visit_key = {exact}
         UNION ALL
        SELECT payment_id FROM invoice_view
         WHERE number ILIKE {like} || '%' AND payment_id IS NOT NULL
         UNION ALL
        SELECT id FROM payment_monitor_view WHERE id = {uuid}::uuid OR session_id = {uuid}::uuid
         UNION ALL
        SELECT id FROM payment_monitor_view
         WHERE evse_id IN (SELECT id FROM evse_view
                            WHERE concat_ws(' ', location_name, public_id)
                                  ILIKE '%' || {like} || '%'))
"""
TAIL_FROM: Final = 4


@dataclass(frozen=True, slots=True)
class Filters:
    """What is asked for, as it was typed, and what of that makes no sense."""

    words: str = ""
    kind: str = ""
    place: str = ""
    way: str = ""
    provider: str = ""
    least: str = ""
    most: str = ""
    since: str = ""
    until: str = ""
    troubles: tuple[str, ...] = ()
    tests: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=(), repr=False)

    @property
    def is_narrow(self) -> bool:
        """Whether more is asked than where payments stand, and a few signs."""
        return any(
            (self.place, self.way, self.provider, self.least, self.most, self.since)
        ) or bool(self.until)

    def query(self, **other: str) -> str:
        """The address's query for the same, with some of it otherwise."""
        asked = {
            "q": self.words,
            "kind": self.kind,
            "place": self.place,
            "way": self.way,
            "provider": self.provider,
            "least": self.least,
            "most": self.most,
            "since": self.since,
            "until": self.until,
            **other,
        }
        return urlencode({name: value for name, value in asked.items() if value})

    def where(self, values: list[Any]) -> str:
        """The conditions; their values are added to those of the query."""
        tests = ["true"]
        for test, given in self.tests:
            places = {}
            for name, value in given.items():
                values.append(value)
                places[name] = f"${len(values)}"
            tests.append(test.format(**places))
        return " AND ".join(f"({test})" for test in tests)


def read(asked: Mapping[str, str], *, zone: str, currency: str) -> Filters:
    """The filters of an address. What makes no sense is told and left out."""
    text = {name: value.replace("\x00", "").strip()[:80] for name, value in asked.items()}
    tests: list[tuple[str, Mapping[str, Any]]] = []
    troubles: list[str] = []
    kind = text.get("kind", "")
    if kind in _STANDS:
        tests.append((_STANDS[kind], {}))
    words = text.get("q", "")
    if words:
        tests.append((_FOUND, _signs(words)))
    if (place := uuid_of(text.get("place", ""))) is not None:
        tests.append(("e.location_id = {place}::uuid", {"place": place}))
    if way := text.get("way", ""):
        test = "lower(coalesce(p.card_wallet, p.card_brand, '')) = {way}"
        tests.append((test, {"way": way.lower()}))
    if provider := text.get("provider", ""):
        tests.append(("p.provider = {provider}", {"provider": provider}))
    amount = "CASE WHEN p.captured_minor > 0 THEN p.captured_minor ELSE p.hold_minor END"
    for name, sign in (("least", ">="), ("most", "<=")):
        if (given := text.get(name, "")) and (minor := _minor(given, currency)) is not None:
            tests.append((f"{amount} {sign} {{{name}}}::bigint", {name: minor}))
        elif given:
            troubles.append(f"“{given}” is no amount such as 12.50.")
    for name, sign in (("since", ">="), ("until", "<")):
        if (given := text.get(name, "")) and (at := _moment(given, zone_of(zone))) is not None:
            tests.append((f"p.created_at {sign} {{{name}}}::timestamptz", {name: at}))
        elif given:
            troubles.append(f"“{given}” is no time such as 2026-11-26 14:30.")
    return Filters(
        words=words,
        kind=kind if kind in KINDS else "",
        **{
            name: text.get(name, "")
            for name in ("place", "way", "provider", "least", "most", "since", "until")
        },
        troubles=tuple(troubles),
        tests=tuple(tests),
    )


def _signs(words: str) -> dict[str, Any]:
    pattern = like(words)
    return {
        "exact": words,
        "end": words.lower()[-TAIL_FROM:] if len(words) >= TAIL_FROM else "",
        "tail": f"{pattern.lower()[::-1]}%",
        "like": pattern,
        "uuid": uuid_of(words) or UUID(int=0),
    }


def _minor(text: str, currency: str) -> int | None:
    """An amount in major units as minor ones, or nothing where it is none."""
    try:
        amount = Decimal(text.replace(",", "."))
        minor = amount.scaleb(minor_digits(Currency(currency)))
        return int(minor) if 0 <= minor < 10**15 else None
    except (InvalidOperation, ValueError, OverflowError):
        return None


def _moment(text: str, zone: ZoneInfo) -> datetime | None:
    """A time in the party's own zone, or nothing where it is none."""
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return None
    if not 1970 <= at.year <= 9998:
        return None
    return at if at.tzinfo else at.replace(tzinfo=zone)
