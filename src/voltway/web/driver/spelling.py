"""What was meant by a slip of the pen: names of places and cities that are nearly what was typed.

Two words are alike as far as they share trigrams (Dice's coefficient). Taking the names of a large
network apart takes half a second, so it is done beside the loop, and again only when a name has
changed; to look one up takes a thousandth of that.
"""

import asyncio
import re
from collections import Counter, OrderedDict, defaultdict
from collections.abc import Iterable
from typing import Final
from unicodedata import combining, normalize

from voltway.runtime.work import Work

#: From this likeness on, a name is offered for what was typed.
LIKENESS_MIN: Final = 0.4
OFFERED_MAX: Final = 3

#: More names than this are not searched.
NAMES_MAX: Final = 20_000

#: The names of so many states of the network are remembered.
REMEMBERED_MAX: Final = 2


class Names:
    """Names taken apart: each as a whole, and each of its words."""

    def __init__(self, names: Iterable[str]) -> None:
        of: dict[str, set[str]] = defaultdict(set)
        for name in names:
            for part in (name, *name.split()):
                of[part].add(name)
        self._parts = [tuple(sorted(each)) for each in of.values()]
        self._sizes: list[int] = []
        self._with: dict[str, list[int]] = defaultdict(list)
        for place, part in enumerate(of):
            found = _trigrams(part)
            self._sizes.append(len(found))
            for trigram in found:
                self._with[trigram].append(place)

    def likely(self, words: str) -> list[str]:
        """The names most like what was typed, the best first; those that share half of its
        trigrams or so."""
        typed = _trigrams(words)
        shared: Counter[int] = Counter()
        for trigram in typed:
            shared.update(self._with.get(trigram, ()))
        best: dict[str, float] = {}
        for place, count in shared.items():
            alike = 2 * count / (len(typed) + self._sizes[place])
            if alike >= LIKENESS_MIN:
                for name in self._parts[place]:
                    best[name] = max(alike, best.get(name, 0.0))
        return sorted(best, key=lambda name: (-best[name], name))[:OFFERED_MAX]


def _trigrams(text: str) -> frozenset[str]:
    plain = normalize("NFKD", text.casefold())
    plain = "".join(each for each in plain if not combining(each))
    plain = re.sub("([aou])e", r"\1", plain)  # how a keyboard without an umlaut writes it
    padded = f"  {plain} "
    return frozenset(padded[at : at + 3] for at in range(len(padded) - 2))


#: One at a time is taken apart; by how many names there are, and a sum of them all.
_turn = asyncio.Semaphore(1)
_remembered: OrderedDict[tuple[int, int], Names] = OrderedDict()

_STATE: Final = """
    SELECT count(*)::int AS places,
           coalesce(sum(hashtextextended(name || chr(10) || city, 0)), 0) % 1000000007::int AS sum
      FROM location_view WHERE published
"""

_NAMES: Final = """
    SELECT name FROM location_view WHERE published
     UNION SELECT city FROM location_view WHERE published
     ORDER BY 1 LIMIT $1
"""


async def likely(work: Work, words: str) -> list[str]:
    """The names of open places and their cities that are most like these words, the best first."""
    row = await work.one(_STATE)
    assert row is not None, "a count has a row"
    state = (row["places"], int(row["sum"]))
    async with _turn:
        known = _remembered.get(state)
        if known is None:
            rows = await work.all(_NAMES, NAMES_MAX)
            known = await asyncio.to_thread(Names, [each["name"] for each in rows])
            _remembered[state] = known
            if len(_remembered) > REMEMBERED_MAX:
                _remembered.popitem(last=False)
    return known.likely(words)
