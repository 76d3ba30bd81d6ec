"""Bringing platforms of terminals what they are told: in order per subject, until they heard it.

It is heard when the platform answers 2xx and its envelope says a code of the 1000s. Until then it
is tried again, later and later; the rest of its subject waits behind it, others go on. A platform
that cannot be reached is left alone until the next round. What was told in vain for days is laid
aside (``dead``), where an operator sees it and can send it again. What comes twice (an answer can
be lost) has the same ``X-Correlation-ID``.
"""

import asyncio
from base64 import b64encode
from collections.abc import Collection
from functools import partial
from typing import Final
from uuid import UUID, uuid4

import msgspec
import structlog

from voltway.partners import store_platforms, wire
from voltway.partners.outgoing import WITHIN_S, Told, note_failed, tell_a_round, tell_each
from voltway.partners.store_platforms import Line, Push
from voltway.runtime import outside
from voltway.runtime.metrics import counter
from voltway.runtime.outside import NoAnswer, NotAnAddress, Request
from voltway.runtime.work import BeginWork

log = structlog.get_logger("voltway.partners")

TOLD: Final = counter("voltway_platform_pushes", "What platforms of terminals were told", "outcome")


class _Envelope(msgspec.Struct):
    """What OCPI wraps an answer in, as far as we look."""

    status_code: int
    status_message: str = ""


async def deliver_due(begin: BeginWork, *, own: Collection[str] = ()) -> int:
    """Sweep: tell every platform what waits; how much was heard. ``own`` are the addresses of our
    own network at which a platform may have registered."""
    async with begin() as work:
        due = await store_platforms.waiting(work)
    return sum(await asyncio.gather(*(_deliver(begin, platform, own) for platform in due)))


async def _deliver(begin: BeginWork, platform: UUID, own: Collection[str]) -> int:
    """Tell one platform what waits for it; how much was heard."""

    async def tell_some(room: int) -> Told[Push] | None:
        async with begin() as work:
            line = await store_platforms.line(work, platform)
            pushes = await store_platforms.take(work, platform, at_most=room) if line else []
        if line is None or not pushes:
            return None
        told = await tell_each(pushes, partial(_tell, line, own))
        await _note(begin, line, told)
        return told

    return await tell_a_round(tell_some)


async def _note(begin: BeginWork, line: Line, told: Told[Push]) -> None:
    async with begin() as work:
        work.touch(f"platform:{line.provider}")
        if told.heard:
            await store_platforms.note_delivered(work, told.heard)
        await note_failed(work, told, store_platforms.note_failed)
        if told.silence or told.heard:
            await store_platforms.note_heard(work, line.provider, told.silence)
    TOLD.labels("heard").inc(len(told.heard))
    TOLD.labels("in vain").inc(len(told.failed))
    if told.failed:
        why, count = told.failed[0][1], len(told.failed)
        log.warning("platform_not_told", platform=line.name, pushes=count, why=why)


async def _tell(line: Line, own: Collection[str], push: Push) -> str:
    """Why it did not hear this; nothing if it did. Raises ``PartnerSilent``."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Token {b64encode(line.token.encode()).decode()}",
        "X-Request-ID": str(uuid4()),
        "X-Correlation-ID": str(push.id),
    }
    # A command names the address for its result itself; it was looked at when it came.
    url = push.path if push.kind == "command" else line.address_of(push.path)
    body = push.body.encode()
    if line.is_registered:
        return why_unheard(await _outside(line, own, Request(push.method, url, headers, body)))
    reply = await wire.send(push.method, url, body, headers, to=line.name, within_s=WITHIN_S)
    return why_unheard(reply)


async def _outside(line: Line, own: Collection[str], asked: Request) -> wire.Reply:
    """Tell it where its own program said, never within our network. Raises ``PartnerSilent``."""
    most = wire.ANSWER_BYTES_MAX
    try:
        answer = await outside.ask(asked, own=own, within_s=WITHIN_S, most=most)
    except NotAnAddress:
        raise wire.PartnerSilent(line.name, "its address is none that we call") from None
    except NoAnswer as no:
        raise wire.PartnerSilent(line.name, no.why) from None
    return wire.Reply(answer.status, answer.text.encode(), "")


def why_unheard(reply: wire.Reply) -> str:
    """Why an answer is no yes (OCPI 2.3.0, response format and status codes); nothing if it is."""
    if not 200 <= reply.status < 300:
        return f"status {reply.status}"
    try:
        said = msgspec.json.decode(reply.body, type=_Envelope)
    except msgspec.MsgspecError:
        return "its answer is not OCPI's"
    if 1000 <= said.status_code < 2000:
        return ""
    words = "".join(each for each in said.status_message if each.isprintable())
    return f"status code {said.status_code} {words}".strip()
