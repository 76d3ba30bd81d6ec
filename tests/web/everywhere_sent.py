"""Every form of drivers' pages, as somebody sends it who types nonsense; or too late."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final
from uuid import uuid4

from tests.web.everywhere import Everywhere, Page

#: What is typed into a form that nobody reads before sending it.
NONSENSE: Final = {
    "email": "no address",
    "code": "0000",
    "amount": "much",
    "other": "much",
    "below": "little",
    "label": " ",
    "pays": "cash",
    "number": "12",
    "from": "25:00",
    "until": "07:00",
    "zone": "Europe/Helsinki",
    "minutes": "7",
    "percent": "full",
    "soc": "90",
    "target": "20",
    "data": "nonsense",
    "key": "no key",
    "lat": "north",
    "reader": "none",
    "method": "none",
    "way": "saved",
    "party": str(uuid4()),
}
#: What is well typed and cannot be.
UNFIT: Final = {
    "email": "gus@example.org",
    "code": "NOSUCHCODE",
    "amount": "100000",
    "below": "1",
    "label": "Spare",
    "number": "+358 40 1234567",
    "mark": "yes",
    "kind": "slow",
    "minutes": "15",
    "percent": "35",
    "model": str(uuid4()),
    "data": "OCMF|{}|{}",
    "lat": "95",
    "lon": "20",
    "name": "Muster",
    "street": "Weg 1",
    "city": "Berlin",
    "country": "DE",
    "vat_id": "DE000000000",
}
#: Where a company gives half of what an invoice needs, in one way and another.
HALVES: Final = (
    {"name": "Muster", "country": "DE"},
    {"name": "M" * 300, "country": "DE"},
    {"country": "Germany"},
    {**UNFIT, "vat_id": "FI00000001"},
    {**UNFIT, "vat_id": "DE1"},
    {**UNFIT, "email": "nobody"},
)


@dataclass(frozen=True, slots=True)
class Sent:
    """A form at its address, from a page in one of its states."""

    route: str
    page: Page
    fields: dict[str, str]

    @property
    def name(self) -> str:
        return f"{self.route} of {self.page.name}: {' '.join(self.fields)[:40]}"


def sent(world: Everywhere, routes: set[str]) -> Iterator[Sent]:
    """Each of these forms from each page that has it, in several ways."""
    for route in sorted(routes):
        for page in _pages(world, route):
            ways = (*HALVES,) if route.endswith(("/invoice", "/company")) else ()
            for fields in ({}, NONSENSE, UNFIT, *ways):
                yield Sent(route, page, fields)


def _pages(world: Everywhere, route: str) -> list[Page]:
    """The pages from which a form is sent, each with the address of the form. What they do not name
    is something that is not there."""
    found = [
        each for each in world.pages if route.startswith(f"{each.route}/") and "?" not in each.path
    ]
    longest = max((len(each.route) for each in found), default=0)
    found = [each for each in found if len(each.route) == longest]
    found = found or [Page("/", "")]
    is_own = route.startswith("/me/") and not route.startswith(("/me/code", "/me/enter"))
    return [
        replace(each, path=each.path + _filled(route, each), own=each.own or is_own)
        for each in found
        if each.status == 200 and (each.own or not is_own or each.route == "/")
    ]


def _filled(route: str, page: Page) -> str:
    rest = route if page.path == "" else route[len(page.route) :]
    rest = re.sub(r"\{\w+:uuid\}", str(uuid4()), rest)
    return re.sub(r"\{\w+:str\}", "none", rest)
