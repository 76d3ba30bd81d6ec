"""What a driver looks for among places: read from an address, and written into one."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

#: What the "power" filter offers, in watts.
POWERS_W: Final = frozenset({11_000, 50_000, 150_000})

#: What the "plug" filter offers: its words, and OCPI's connector types.
PLUGS: Final = {
    "ccs": ("CCS", ("IEC_62196_T2_COMBO", "IEC_62196_T1_COMBO", "CCS")),
    "type2": ("Type 2", ("IEC_62196_T2", "TYPE2")),
    "chademo": ("CHAdeMO", ("CHADEMO",)),
    "nacs": ("NACS", ("TESLA_S",)),
    "type1": ("Type 1", ("IEC_62196_T1",)),
}

#: Yes or nothing: what the address calls it, and how it reads.
TICKS: Final = {
    "free": "Free now",
    "mine": "My places",
    "step_free": "Step-free",
    "wide": "Wide bay, 3.5 m and more",
    "low": "Low screen, 120 cm and less",
    "lit": "Lit at night",
    "roof": "Under a roof",
    "open": "Open now",
}

WORDS_MAX: Final = 80


@dataclass(frozen=True, slots=True)
class Asked:
    """What a driver looks for. ``price_max`` is per kWh, with tax, in the currency of the place."""

    words: str = ""
    power_w: int = 0
    plug: str = ""
    price: str = ""
    price_max: Decimal | None = None
    ticks: frozenset[str] = field(default_factory=frozenset)
    after: tuple[int, UUID] | None = None
    marked: tuple[UUID, ...] = ()  # of this browser
    all: bool = False  # also what the needs of this browser leave out

    @property
    def free(self) -> bool:
        return "free" in self.ticks

    @property
    def connectors(self) -> list[str]:
        return list(PLUGS[self.plug][1]) if self.plug else []

    @property
    def is_fine(self) -> bool:
        """Whether more is asked than words, power and a free bay."""
        return bool(self.plug or self.price_max is not None or self.ticks - {"free"})

    def address(self, after: tuple[int, UUID] | None = None, at: str = "/") -> str:
        """The page that asks for the same, from there on: the list, or what is given."""
        said = {
            "q": self.words,
            "power": str(self.power_w) if self.power_w else "",
            "plug": self.plug,
            "price": self.price,
            **{name: "1" for name in TICKS if name in self.ticks},
            "after": f"{after[0]}.{after[1]}" if after else "",
            "all": "1" if self.all else "",
        }
        query = urlencode({name: value for name, value in said.items() if value})
        return f"{at}?{query}" if query else at


def asked_of(query: Mapping[str, str]) -> Asked:
    """What an address asks for. What it says wrongly it does not ask."""
    power, plug = query.get("power", ""), query.get("plug", "")
    price = query.get("price", "").strip()[:12]
    most = _price(price)
    return Asked(
        words=query.get("q", "").strip()[:WORDS_MAX],
        power_w=int(power) if power.isdecimal() and int(power[:9]) in POWERS_W else 0,
        plug=plug if plug in PLUGS else "",
        price=price if most is not None else "",
        price_max=most,
        ticks=frozenset(name for name in TICKS if query.get(name)),
        after=_after(query.get("after", "")),
        all=bool(query.get("all")),
    )


def _price(text: str) -> Decimal | None:
    try:
        price = Decimal(text.replace(",", "."))
    except InvalidOperation:
        return None
    return price if price.is_finite() and 0 <= price < 1000 else None


def _after(text: str) -> tuple[int, UUID] | None:
    rank, _, id = text.partition(".")
    try:
        return (int(rank), UUID(id)) if rank in ("0", "1", "2") else None
    except ValueError:
        return None
