"""Alerts handed over: many are made ready together, go side by side, and are noted together.

Note [Handed over, then noted]
~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~
Neither mail servers nor push services can be asked whether they took something. So what was handed
over and not noted when a process died goes once more, by the job that another process takes up.
That are at most the alerts of the batches that one process has under way (``BATCHES_MAX`` times
``queueing.TOGETHER_MAX``), less those that were noted while others went: notes are kept together
as they come. The second one is the same: a mail by its Message-ID, a push by its Topic and tag.
A process that is only silent keeps its batches: they are held for it alone (``runtime/alone``).

An alert goes by the job of its own try alone (``queueing.jobs``): a job that comes late finds
that another try is on, and leaves it.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, TypeAlias
from uuid import UUID

from voltway.alerts import (
    chats,
    chatting,
    hooking,
    hooks,
    mails,
    noting,
    pushing,
    rules,
    still,
    store,
    texting,
    writing,
)
from voltway.alerts.mailer import AddressRefused, Mailer, SmtpMailer
from voltway.alerts.mails import Mail
from voltway.alerts.model import Alert, AlertState
from voltway.alerts.model_events import Channel
from voltway.alerts.noting import Dropped, HandedOver, NotHeard, Outcome, Trouble
from voltway.alerts.queueing import MANY, ONE, job
from voltway.alerts.writing import Write
from voltway.kernel.errors import Outage, Refusal
from voltway.kernel.ids import AlertId
from voltway.runtime.jobs import Jobs
from voltway.runtime.settings import Settings
from voltway.runtime.together import Together
from voltway.runtime.work import BeginWork, Work

#: So many are written beside the loop in one go, and the next while these are handed over.
WRITTEN_AT_ONCE: Final = 25
#: So many alerts of jobs of their own are made ready together.
ONES_MAX: Final = 50
#: So many jobs of many alerts are at work in the whole house: so far may somebody who asked later
#: be told before somebody who asked first.
MANY_MAX: Final = 8
NOTED_AT_ONCE: Final = 200
#: Texts and chats that are under way side by side.
OTHERS_MAX: Final = 20

#: Who is told nothing more, so that it is no trouble that this was not.
_GONE: Final = (pushing.DeviceGone, chats.NoSuchChat, hooks.NoSuchHook, hooking.HookPaused)

#: Hands an alert over.
Hand: TypeAlias = Callable[[BeginWork, Alert], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Asked:
    """An alert that a job is about, and at which try; ``None`` is any."""

    id: AlertId
    tries: int | None = None


@dataclass(frozen=True, slots=True)
class _Ready:
    """An alert with all that is needed of the database to hand it over."""

    alert: Alert
    make: Callable[[], "tuple[Mail, str | None] | pushing.Sealed"] | Refusal | None


class Post:
    """What a process hands alerts over by. Its lines stay open between alerts; close it at last."""

    def __init__(
        self, begin: BeginWork, settings: Settings, *, mailer: Mailer | None = None
    ) -> None:
        self._begin = begin
        self._settings = settings
        self._smtp = SmtpMailer(settings)
        self._mailer = mailer or self._smtp
        self._pushes = pushing.PushLines()
        self._others: Mapping[Channel, Hand] = {
            Channel.SMS: partial(texting.text_by, settings),
            Channel.CHAT: partial(chatting.chat_by, settings),
            Channel.HOOK: partial(hooking.keep_by, settings),
        }
        self._turn = asyncio.Semaphore(OTHERS_MAX)
        self._notes = Together(partial(noting.note, begin), at_most=NOTED_AT_ONCE)

    async def close(self) -> None:
        await self._notes.stop()
        await self._smtp.close()
        await self._pushes.close()

    def plug(self, jobs: Jobs) -> None:
        """Do the jobs of alerts."""

        async def send(
            begin: BeginWork, bodies: Sequence[Mapping[str, str]]
        ) -> Sequence[Exception | None]:
            return await self.send(bodies)

        jobs.handle_many(ONE, send, at_most=ONES_MAX, alone=True)
        jobs.handle_many(MANY, send, at_most=1, in_all=MANY_MAX, alone=True)

    async def send(self, bodies: Sequence[Mapping[str, str]]) -> list[Exception | None]:
        """Send the alerts of these jobs; by their place, what broke one."""
        asked = [_asked(body) for body in bodies]
        broke = await self.deliver(list(dict.fromkeys(each for many in asked for each in many)))
        return [next((broke[each.id] for each in many if each.id in broke), None) for many in asked]

    async def deliver(self, asked: Sequence[Asked]) -> dict[AlertId, Exception]:
        """Hand these over, begun in their order; what broke, by alert. What a server answered is no
        such thing: it is noted."""
        try:
            ready = await self._make_ready(asked)
        except Exception as trouble:  # noqa: BLE001 - whatever it is, it is one alert's
            if len(asked) > 1 and not isinstance(trouble, Outage):
                half = len(asked) // 2
                return await self.deliver(asked[:half]) | await self.deliver(asked[half:])
            return {each.id: trouble for each in asked}
        going: list[asyncio.Task[None]] = []
        try:
            for begin in range(0, len(ready), WRITTEN_AT_ONCE):
                some = ready[begin : begin + WRITTEN_AT_ONCE]
                made = await asyncio.to_thread(_made, some)
                going += [
                    asyncio.create_task(self._go(each.alert, thing))
                    for each, thing in zip(some, made, strict=True)
                ]
            await asyncio.gather(*going, return_exceptions=True)
        finally:
            for task in going:
                task.cancel()
        broke = {}
        for each, task in zip(ready, going, strict=True):
            if isinstance(broken := task.exception(), Exception):
                broke[each.alert.id] = broken
        return broke

    async def _make_ready(self, asked: Sequence[Asked]) -> list[_Ready]:
        tries = {each.id: each.tries for each in asked}
        given = self._settings
        async with self._begin() as work:
            found = await store.load_many(work, list(tries))
            due = [
                each
                for each in found
                if each.state is AlertState.QUEUED and tries[each.id] in (None, each.tries)
            ]
            wanted = [each for each in due if await _is_wanted(work, each)]
            mailed = [each for each in wanted if each.channel is Channel.MAIL]
            pushed = [each for each in wanted if each.channel is Channel.PUSH]
            letters = await writing.writers(work, mailed, given.public_url)
            seals = await pushing.sealers(work, pushed, mail_from=given.mail_from)
            now = work.now

        def mail(alert: Alert, write: Write) -> tuple[Mail, str | None]:
            letter = write()
            return mails.mail(alert, letter, mail_from=given.mail_from, at=now), letter.note

        ready = []
        for each in wanted:
            write = letters.get(each.id)
            if write is None or isinstance(write, Refusal):
                ready.append(_Ready(each, write or seals.get(each.id)))
            else:
                ready.append(_Ready(each, partial(mail, each, write)))
        return ready

    async def _go(self, alert: Alert, thing: object) -> None:
        """Hand one over, and have noted what came of it."""
        await self._notes.add((alert.id, await self._outcome(alert, thing)))

    async def _outcome(self, alert: Alert, thing: object) -> Outcome:
        note = None
        try:
            if isinstance(thing, Exception):
                raise thing
            if isinstance(thing, pushing.Sealed):
                await self._pushes.send(thing)
            elif isinstance(thing, tuple):
                mail, note = thing
                await self._mailer.send(mail)
            else:
                async with self._turn:
                    await self._others[alert.channel](self._begin, alert)
        except _GONE as gone:
            return Dropped(str(gone))
        except pushing.KeyRefused as no:
            return NotHeard(str(no), was_asked=no.was_asked)
        except AddressRefused as no:
            return Trouble(str(no), for_good=True, comes_back=no.what)
        except Outage as silence:
            return Trouble(str(silence), for_good=False)
        except Refusal as refusal:
            return Trouble(str(refusal), for_good=True)
        return HandedOver(note)


def _made(some: Sequence[_Ready]) -> list[object]:
    """What goes out of each, or what it broke by."""
    made: list[object] = []
    for each in some:
        if not callable(each.make):
            made.append(each.make)
            continue
        try:
            made.append(each.make())
        except Exception as trouble:  # noqa: BLE001 - it is this alert's alone, and raised there
            made.append(trouble)
    return made


def _asked(body: Mapping[str, str]) -> list[Asked]:
    """Which alerts a job is about: ``ID`` or ``ID:TRIES``, with blanks between."""
    asked = []
    for each in (body.get("alerts") or body["alert"]).split():
        id, _, tries = each.partition(":")
        asked.append(Asked(AlertId(UUID(id)), int(tries) if tries else None))
    return asked


async def _is_wanted(work: Work, alert: Alert) -> bool:
    """Whether this alert is to go now. What is over is dropped, and what began anew waits."""
    if why := await still.why_not(work, alert):
        await store.save(work, rules.dropped(alert, why))
        return False
    later = await still.not_before(work, alert)
    if later is not None:
        waits = replace(alert, tries=alert.tries + 1, next_try_at=later)
        await store.save(work, waits)
        await work.enqueue(job(waits))
    return later is None
