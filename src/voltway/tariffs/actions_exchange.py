"""Tariffs in and out as OCPI JSON: one or many, all or none, and what looks wrong in them."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId
from voltway.parties import actions as parties
from voltway.runtime.work import Work
from voltway.tariffs import lawful, rules_lint, store_spot
from voltway.tariffs.actions import keep_version
from voltway.tariffs.documents import BadField, read_json
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.ocpi import WHAT, tariff_of
from voltway.tariffs.ocpi_write import OcpiVersion, document, written
from voltway.tariffs.rules_lint import Finding

__all__ = ["Given", "OcpiVersion", "add_all", "exported", "exported_each", "given", "looked_over"]

#: So many tariffs may come in one document.
TARIFFS_MAX = 200


@dataclass(eq=False)
class BadTariff(Refusal):
    """Tariff {number} of {count}: {why}"""

    kind = Kind.INVALID

    number: int
    count: int
    why: str


@dataclass(frozen=True, slots=True)
class Given:
    """A tariff as a document gave it: digit for digit, and as we read it."""

    text: str
    tariff: Tariff


def given(raw: bytes | str) -> tuple[Given, ...]:
    """The tariffs of a document: an OCPI Tariff object, a list of them, or OCPI's own response
    around either. Raises ``NotJson``, ``BadField``, or ``BadTariff`` where it is one of many.
    """
    told = read_json(raw, WHAT)
    if isinstance(told, dict) and "data" in told and "elements" not in told:
        told = told["data"]
    if not isinstance(told, list):
        text = raw.decode("utf-8-sig") if isinstance(raw, bytes) else raw
        return (Given(text, tariff_of(told)),)
    if not 1 <= len(told) <= TARIFFS_MAX:
        raise BadField(WHAT, "its top", f"a list must have 1 to {TARIFFS_MAX} tariffs")
    return tuple(_one(each, number, len(told)) for number, each in enumerate(told, 1))


def _one(told: Any, number: int, count: int) -> Given:
    try:
        return Given(written(told), tariff_of(told))
    except Refusal as refusal:
        raise BadTariff(number, count, str(refusal)) from refusal


async def add_all(
    work: Work, party: PartyId, tariffs: Sequence[Given], *, valid_from: datetime | None = None
) -> list[TariffVersion]:
    """Add each as a tariff's next version; one that is the newest version already stays it.
    Together they may charge no guest against the law: a file may mend what it breaks."""
    async with lawful.held_to(work, party):
        return [
            await keep_version(work, party, each.text, valid_from=valid_from) for each in tariffs
        ]


async def looked_over(work: Work, party: PartyId, tariff: Tariff) -> tuple[Finding, ...]:
    """What looks wrong in a tariff, for this party."""
    kept = (await parties.party(work, party)).currency
    markets = await store_spot.known_after(work, party, work.now)
    return rules_lint.lint(tariff, currencies=[kept], markets=markets, today=work.now.date())


def exported(tariffs: Sequence[Tariff], version: OcpiVersion, *, plain: bool = False) -> str:
    """The tariffs as a list of this version's objects, see ``exported_each``."""
    return f"[{', '.join(exported_each(tariffs, version, plain=plain))}]"


def exported_each(
    tariffs: Sequence[Tariff], version: OcpiVersion, *, plain: bool = False
) -> list[str]:
    """Each tariff as an object of this version. ``plain``: without fields of ours, so one that
    needs them is refused. Raises ``TariffBeyondVersion``.
    """
    return [written(document(each, version, plain=plain)) for each in tariffs]
