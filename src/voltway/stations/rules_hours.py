"""Opening hours, as a person types them and as the clock of the place is asked.

One line, or what a semicolon divides, is one rule::

    Mon-Fri 08:00-20:00
    Sat, Sun 10:00-14:00, 15:00-02:00
    2026-12-24 closed
    always

A span that ends before it begins goes on into the next day. A day of its own (``2026-12-24``)
stands over the day of the week, and its spans end by midnight.
"""

import re
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from voltway.kernel.errors import Kind, Refusal

DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
MINUTES: Final = 24 * 60

#: More rules than any place has.
RULES_MAX: Final = 100

#: Minutes of the day, the second not within.
Span = tuple[int, int]

_RULE: Final = re.compile(r"([^0-9]+?|\d{4}-\d{2}-\d{2})\s+(closed|\d.*)", re.IGNORECASE)
_SPAN: Final = re.compile(r"(\d{1,2}):(\d{2})\s*[-\N{EN DASH}]\s*(\d{1,2}):(\d{2})")


@dataclass(eq=False)
class NoHours(Refusal):
    """{rule} says no opening hours. Write Mon-Fri 08:00-20:00, or 2026-12-24 closed, or always."""

    kind = Kind.INVALID

    rule: str


@dataclass(frozen=True, slots=True)
class Hours:
    """When a place is open. ``words`` are its rules as they are read, one a line."""

    week: tuple[tuple[Span, ...], ...]
    days: dict[date, tuple[Span, ...]] = field(default_factory=dict)
    words: str = ""

    def as_json(self) -> dict[str, Any]:
        """As the database's ``is_open`` takes them: the days of the week by ISO 8601."""
        return {
            "week": {str(nth): list(map(list, spans)) for nth, spans in enumerate(self.week, 1)},
            "days": {day.isoformat(): list(map(list, spans)) for day, spans in self.days.items()},
        }


def hours_of(text: str) -> Hours | None:
    """The hours that somebody typed; none where nothing was. Raises ``NoHours``."""
    rules = [rule.strip() for rule in re.split(r"[;\n]", text) if rule.strip()]
    if not rules:
        return None
    if len(rules) > RULES_MAX:
        raise NoHours(f"{rules[RULES_MAX][:40]} (more than {RULES_MAX} rules)")
    week: list[list[Span]] = [[] for _ in DAYS]
    days: dict[date, tuple[Span, ...]] = {}
    for rule in rules:
        if rule.lower() in ("always", "24/7"):
            for spans in week:
                spans.append((0, MINUTES))
            continue
        read = _RULE.fullmatch(rule)
        if read is None:
            raise NoHours(rule[:60])
        if read[1][0].isdigit():
            days[_date(rule, read[1])] = _spans_of_date(rule, read[2])
        else:
            _put(week, _weekdays(rule, read[1]), _spans(rule, read[2]))
    return Hours(tuple(map(tuple, week)), days, "\n".join(rules))


def _put(week: list[list[Span]], days: list[int], spans: tuple[Span, ...]) -> None:
    for day in days:
        for begins, ends in spans:
            week[day].append((begins, min(ends, MINUTES)))
            if ends > MINUTES:
                week[(day + 1) % 7].append((0, ends - MINUTES))


def _weekdays(rule: str, text: str) -> list[int]:
    found: list[int] = []
    for part in text.split(","):
        ends = [_weekday(rule, name) for name in re.split("[-\N{EN DASH}]", part, maxsplit=1)]
        first, last = ends[0], ends[-1]
        found += [(first + nth) % 7 for nth in range((last - first) % 7 + 1)]
    return found


def _weekday(rule: str, name: str) -> int:
    try:
        return DAYS.index(name.strip()[:3].capitalize())
    except ValueError as error:
        raise NoHours(rule[:60]) from error


def _date(rule: str, text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise NoHours(rule[:60]) from error


def _spans_of_date(rule: str, text: str) -> tuple[Span, ...]:
    spans = _spans(rule, text)
    if any(ends > MINUTES for _, ends in spans):
        raise NoHours(rule[:60])
    return spans


def _spans(rule: str, text: str) -> tuple[Span, ...]:
    if text.lower() == "closed":
        return ()
    spans = []
    for part in text.split(","):
        read = _SPAN.fullmatch(part.strip())
        if read is None:
            raise NoHours(rule[:60])
        hours = list(map(int, read.groups()))
        begins, ends = hours[0] * 60 + hours[1], hours[2] * 60 + hours[3]
        if max(hours[1], hours[3]) > 59 or begins >= MINUTES or ends > MINUTES or begins == ends:
            raise NoHours(rule[:60])
        spans.append((begins, ends if ends > begins else ends + MINUTES))
    return tuple(spans)
