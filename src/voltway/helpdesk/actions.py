"""Report a problem, read it, answer it."""

import re
import secrets
from dataclasses import replace
from datetime import timedelta
from typing import ClassVar, Final
from uuid import UUID

from voltway.helpdesk import store, timeline
from voltway.helpdesk.model import ProblemAnswered, ProblemReported, Report, ReportKind
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import new_id
from voltway.payments import actions as payments
from voltway.runtime.work import Work
from voltway.stations.model import EvsePlace

WORDS_MAX: Final = 2_000
ANSWER_MAX: Final = 2_000
#: The same, said again within this time, is the same report.
SAME_WITHIN: Final = timedelta(minutes=10)
#: So many may be written of one bay in an hour: more tell nothing new.
AN_HOUR_MAX: Final = 20
#: An address is forgotten so long after the answer went to it.
KEEP_ADDRESS: Final = timedelta(days=30)
_FORM: Final = re.compile(r"[\w-]{22}", re.ASCII)  # as ``new_form`` makes it


class NoSuchReport(Refusal):
    """There is no such report."""

    kind: ClassVar[Kind] = Kind.ABSENT


class ReportedOften(Refusal):
    """Many people have reported this bay within the hour, and the operator has been told. Please
    call if it is urgent."""

    kind: ClassVar[Kind] = Kind.LIMIT


class AnswerMissing(Refusal):
    """Write an answer: whoever reported this reads it."""

    kind: ClassVar[Kind] = Kind.INVALID


class Answered(Refusal):
    """This report was answered meanwhile."""

    kind: ClassVar[Kind] = Kind.CONFLICT


async def report(
    work: Work,
    place: EvsePlace,
    kind: ReportKind,
    *,
    words: str = "",
    email: str | None = None,
    locale: str = "en",
    visit_key: str | None = None,
    form: str = "",
) -> Report:
    """A report with what we know at this moment; the one before, if it says the same again in the
    same visit or from the same form (``form``, by ``new_form``). Who reports without either is
    somebody else each time: a report's key opens its page.

    Raises ``ReportedOften``; ``NoSuchVisit`` where the key is of none.
    """
    await store.lock_evse(work, place.evse)
    paid = await payments.visit(work, visit_key) if visit_key else None
    payment = paid.id if paid is not None else None
    words = words.strip()[:WORDS_MAX]
    recent = await store.since(work, place.evse, work.now - timedelta(hours=1))
    for each in recent:
        is_same = (each.payment, each.kind, each.words) == (payment, kind, words)
        is_theirs = payment is not None or each.key == form
        if (
            is_same
            and is_theirs
            and work.now - each.created_at < SAME_WITHIN
            and each.email == email
        ):
            return each
    if len(recent) >= AN_HOUR_MAX:
        raise ReportedOften
    made = Report(
        id=new_id(work.now),
        party=place.party,
        key=await _key(work, form),
        evse=place.evse,
        station=place.station,
        payment=payment,
        kind=kind,
        words=words,
        email=email,
        locale=locale,
        timeline=await timeline.of_visit(work, place, visit_key),
        created_at=work.now,
    )
    await store.add(work, made)
    await work.announce([ProblemReported(party=made.party, at=work.now, report=made.id)])
    return made


def new_form() -> str:
    """A name for a form that is about to be filled in; what is sent of it first has it as its
    key."""
    return secrets.token_urlsafe(16)


async def _key(work: Work, form: str) -> str:
    is_fresh = _FORM.fullmatch(form) and await store.by_key(work, form) is None
    return form if is_fresh else new_form()


async def by_key(work: Work, key: str) -> Report:
    """A report by the key in the address of its page. Raises ``NoSuchReport``."""
    found = await store.by_key(work, key)
    if found is None:
        raise NoSuchReport
    return found


async def by_id(work: Work, id: UUID) -> Report:
    """Raises ``NoSuchReport``."""
    found = await store.by_id(work, id)
    if found is None:
        raise NoSuchReport
    return found


async def see(work: Work, id: UUID, by: str) -> Report:
    """Somebody reads a report; who did so first is kept. Raises ``NoSuchReport``."""
    found = await store.by_id(work, id, lock=True)
    if found is None:
        raise NoSuchReport
    if found.seen_at is not None:
        return found
    seen = replace(found, seen_at=work.now, seen_by=by)
    await store.save(work, seen)
    work.touch(f"report:{id}")
    return seen


async def answer(work: Work, id: UUID, text: str, by: str) -> Report:
    """Answer a report, which closes it.

    Raises ``NoSuchReport``, ``AnswerMissing``, ``Answered``.
    """
    if not text.strip():
        raise AnswerMissing
    seen = await see(work, id, by)
    if seen.answered_at is not None:
        raise Answered
    done = replace(seen, answered_at=work.now, answered_by=by, answer=text.strip()[:ANSWER_MAX])
    await store.save(work, done)
    work.touch(f"report:{id}")
    await work.announce([ProblemAnswered(party=done.party, at=work.now, report=id)])
    return done


async def of_person(work: Work, email: str) -> list[Report]:
    """What an address reported, the oldest first."""
    return await store.of_person(work, email)


async def forget_person(work: Work, email: str) -> None:
    """Their reports stay, and nobody's address with them: they are answered on their page alone."""
    await store.forget_person(work, email)


async def forget_addresses(work: Work) -> int:
    """The round: forget the addresses to which answers went."""
    return await store.forget_addresses(work, work.now - KEEP_ADDRESS)
