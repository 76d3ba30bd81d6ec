"""The editor: a tariff is written as a draft, looked at as drivers will, and published for good."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final
from uuid import UUID

from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response

from voltway.kernel.errors import Refusal
from voltway.kernel.ids import TariffId
from voltway.parties import actions as parties
from voltway.parties.model import Actor, Permission
from voltway.tariffs import actions, drafts, rules_draft, taxes
from voltway.tariffs.actions_exchange import looked_over
from voltway.tariffs.model import Dimension, Reservation, TariffType, Weekday
from voltway.tariffs.rules_draft_form import (
    BOTH,
    FAST,
    NUMBERS,
    SLOW,
    TEXTS,
    changed,
    components_of,
    elements_of,
    faults_shown,
    fields_of,
    new_fields,
)
from voltway.web.appearance import Form
from voltway.web.console.door import console_page
from voltway.web.console.tariff_preview import TaxesOf, preview
from voltway.web.house import House
from voltway.web.pages import HttpRequest, formats_of, see_other
from voltway.web.problems import STATUS

#: The fields that are ours and not the draft's.
_BUTTONS: Final = frozenset({"do", "revision"})
FIELD_LENGTH_MAX: Final = 400

TYPES: Final = (
    ("", "Everybody, guests too"),
    (TariffType.AD_HOC_PAYMENT.value, "Guests (ad hoc payment)"),
    (TariffType.REGULAR.value, "Drivers with a contract"),
    (TariffType.PROFILE_CHEAP.value, "Contract, cheap profile"),
    (TariffType.PROFILE_FAST.value, "Contract, fast profile"),
    (TariffType.PROFILE_GREEN.value, "Contract, green profile"),
)
POWERS: Final = (
    (BOTH, "Any EVSE"),
    (SLOW, "EVSEs below 50 kW"),
    (FAST, "EVSEs of 50 kW and more"),
)
DIMENSIONS: Final = (
    (Dimension.ENERGY.value, "Energy, per kWh"),
    (Dimension.TIME.value, "Charging time"),
    (Dimension.PARKING_TIME.value, "Idle: plugged in without charging"),
    (Dimension.FLAT.value, "Once per session"),
)
RESERVATIONS: Final = (
    ("", "Charging"),
    (Reservation.RESERVATION.value, "A reservation"),
    (Reservation.EXPIRES.value, "A reservation that nobody used"),
)
DAYS: Final = tuple((day.name, day.name.capitalize()[:3]) for day in Weekday)


@dataclass(frozen=True, slots=True)
class Part:
    """An element of the form, with the numbers of its prices."""

    number: int
    place: int
    components: tuple[int, ...]
    is_limited: bool


@post("/tariffs/drafts", include_in_schema=False)
async def begin_draft(
    house: NamedDependency[House], actor: NamedDependency[Actor], data: Form
) -> Redirect:
    """A new draft: empty, or from a version to write its next."""
    actor.must(Permission.EDIT_TARIFFS)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        if data.get("from"):
            version = await actions.version_record(work, TariffId(_uuid(data["from"])))
            fields, base = fields_of(version.document, party.time_zone), version.document
        else:
            fields, base = new_fields(party.currency), None
        id = await drafts.begin(work, actor.party, fields, base, actor.name)
    return see_other(f"/console/tariffs/drafts/{id}")


@get("/tariffs/drafts/{draft:uuid}", include_in_schema=False)
async def show_draft(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    draft: FromPath[UUID],
) -> Response[str]:
    actor.must(Permission.SEE_ALL)
    async with house.begin(actor.party) as work:
        kept = await drafts.draft(work, draft)
    return await _page(request, house, actor, kept, kept.fields)


@post("/tariffs/drafts/{draft:uuid}", include_in_schema=False)
async def change_draft(
    request: HttpRequest,
    house: NamedDependency[House],
    actor: NamedDependency[Actor],
    draft: FromPath[UUID],
    data: Form,
) -> Response[str] | Redirect:
    """What was typed is kept first, right or wrong; then the button does what it says."""
    actor.must(Permission.EDIT_TARIFFS)
    do = data.get("do", "save")
    fields = {
        name[:60]: value.replace("\x00", "")[:FIELD_LENGTH_MAX]
        for name, value in list(data.items())[: drafts.FIELDS_MAX]
        if name not in _BUTTONS and value
    }
    after = changed(fields, do)
    revision = int(data["revision"]) if data.get("revision", "").isdigit() else 0
    try:
        async with house.begin(actor.party) as work:
            if do == "discard":
                await drafts.discard(work, draft)
                return see_other("/console/tariffs")
            await drafts.save(work, draft, after, revision, actor.name)
        if do == "publish":
            async with house.begin(actor.party) as work:
                zone = (await parties.party(work, actor.party)).time_zone
                made = await drafts.publish(
                    work, actor.party, await drafts.draft(work, draft), zone
                )
                await parties.audit(
                    work, actor, "published a version of a tariff", f"tariff:{made.ident}"
                )
            return see_other("/console/tariffs")
    except drafts.NoSuchDraft:
        raise
    except Refusal as no:
        async with house.begin(actor.party) as work:
            kept = await drafts.draft(work, draft)
        return await _page(
            request, house, actor, kept, after, trouble=str(no), status=STATUS[no.kind]
        )
    return see_other(f"/console/tariffs/drafts/{draft}#{_where(do)}")


async def _page(
    request: HttpRequest,
    house: House,
    actor: Actor,
    kept: drafts.KeptDraft,
    fields: Mapping[str, str],
    *,
    trouble: str = "",
    status: int = HTTPStatus.OK,
) -> Response[str]:
    formats = formats_of(request, house)
    async with house.begin(actor.party) as work:
        party = await parties.party(work, actor.party)
        taxed_by = TaxesOf(
            party.country_code,
            await taxes.overrides(work, actor.party),
            await taxes.declarations(work, actor.party),
        )
        made = rules_draft.draft_of(fields, kept.base, party.time_zone, formats.now)
        flaws = await looked_over(work, actor.party, made.tariff) if made.tariff else ()
    knows: dict[str, Any] = {
        "types": TYPES,
        "powers": POWERS,
        "dimensions": DIMENSIONS,
        "reservations": RESERVATIONS,
        "days": DAYS,
    }
    return await console_page(
        request,
        house,
        actor,
        "console/tariff_editor.html",
        status=status,
        place="tariffs",
        tab="list",
        kept=kept,
        given=fields,
        parts=_parts(fields),
        wrong=faults_shown(fields, made.wrong),
        document=made.document,
        flaws=flaws,
        seen=preview(
            made,
            fields.get("power", BOTH),
            taxed_by=taxed_by,
            zone=party.time_zone,
            formats=formats,
        ),
        may_edit=actor.may(Permission.EDIT_TARIFFS),
        trouble=trouble,
        **knows,
    )


def _parts(fields: Mapping[str, str]) -> list[Part]:
    limits = (*(name for name, _, _ in NUMBERS), *TEXTS)
    return [
        Part(
            number,
            place,
            tuple(components_of(fields, number)),
            any(fields.get(f"e{number}-{name}") for name in limits)
            or any(fields.get(f"e{number}-day-{day}") for day, _ in DAYS),
        )
        for place, number in enumerate(elements_of(fields), 1)
    ]


def _where(do: str) -> str:
    """The part of the page to go back to after a button."""
    verb, _, rest = do.partition(":")
    first = rest.split("-", maxsplit=1)[0]
    if verb in ("add-component", "remove-component", "up", "down") and first.isdigit():
        return f"element-{first}"
    return "elements" if "element" in verb else "draft"


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as error:
        raise drafts.NoSuchDraft(text[:40]) from error  # type: ignore[arg-type]
