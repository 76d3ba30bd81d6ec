"""What can be done to a draft: begin it, save what was typed, publish it, throw it away."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.runtime.work import Work
from voltway.tariffs import actions, rules_draft, store_drafts
from voltway.tariffs.lawful import LawForbids
from voltway.tariffs.model import Tariff
from voltway.tariffs.model_versions import TariffVersion
from voltway.tariffs.rules_draft import Draft

#: More than anybody has open at once.
DRAFTS_MAX = 200
FIELDS_MAX = 4000


@dataclass(eq=False)
class NoSuchDraft(Refusal):
    """There is no draft {id}. Perhaps it was published or thrown away."""

    kind = Kind.ABSENT

    id: UUID


class DraftMoved(Refusal):
    """Somebody else saved this draft meanwhile.
    What you typed is here; look at theirs, then save."""

    kind = Kind.CONFLICT


class TooManyDrafts(Refusal):
    """There are too many drafts. Publish some, or throw them away."""

    kind = Kind.LIMIT


@dataclass(eq=False)
class NotSound(Refusal):
    """This draft cannot be published yet: {why}"""

    kind = Kind.INVALID

    why: str


@dataclass(frozen=True, slots=True)
class KeptDraft:
    """A draft as it was last saved."""

    id: UUID
    fields: Mapping[str, str]
    base: str | None
    revision: int
    saved_by: str
    saved_at: datetime


async def begin(
    work: Work, party: PartyId, fields: Mapping[str, str], base: str | None, by: str
) -> UUID:
    """A new draft with these fields, from a document if it has one to begin from."""
    if await store_drafts.count(work, party) >= DRAFTS_MAX:
        raise TooManyDrafts
    id = new_id(work.now)
    await store_drafts.add(work, id, party, fields, base, by)
    return id


async def draft(work: Work, id: UUID) -> KeptDraft:
    row = await store_drafts.load(work, id)
    if row is None:
        raise NoSuchDraft(id)
    return KeptDraft(
        id=id,
        fields=row["fields"],
        base=row["base"],
        revision=row["revision"],
        saved_by=row["saved_by"],
        saved_at=row["saved_at"],
    )


async def save(work: Work, id: UUID, fields: Mapping[str, str], revision: int, by: str) -> None:
    """Keep what was typed, right or wrong. Raises :class:`DraftMoved` rather than write over what
    somebody else saved."""
    await draft(work, id)
    if not await store_drafts.save(work, id, fields, revision, by):
        raise DraftMoved


async def publish(work: Work, party: PartyId, kept: KeptDraft, zone: str) -> TariffVersion:
    """Make the draft the tariff's next version, which never changes; the draft is gone.

    Raises :class:`NotSound` and :class:`LawForbids`; then the draft stays.
    """
    made = rules_draft.draft_of(kept.fields, kept.base, zone, work.now)
    tariff = checked(made, kept.fields)
    version = await actions.add_version(work, party, made.document, valid_from=tariff.starts)
    await store_drafts.remove(work, kept.id)
    return version


def checked(made: Draft, fields: Mapping[str, str]) -> Tariff:
    """The tariff of a draft that may be published."""
    if made.tariff is None:
        raise NotSound(" ".join(made.wrong.values()))
    forbidden = rules_draft.forbidden(made.tariff, fields.get("power", ""))
    if forbidden:
        raise LawForbids(" ".join(forbidden))
    return made.tariff


async def discard(work: Work, id: UUID) -> None:
    await draft(work, id)
    await store_drafts.remove(work, id)
