"""Bringing platforms of terminals what they are told: in order per subject, until they heard it.

It is heard when the platform answers 2xx and its envelope says a code of the 1000s. Until then it
is tried again, later and later; the rest of its subject waits behind it, others go on. A platform
that cannot be reached is left alone until the next round. What was told in vain for days is laid
aside (``dead``), where an operator sees it and can send it again. What comes twice (an answer can
be lost) has the same ``X-Correlation-ID``.
"""

import asyncio
from base64 import b64encode
from typing import Final
from uuid import UUID, uuid4

import msgspec
import structlog

from voltway.partners import rules, store_platforms, wire
from voltway.partners.store_platforms import Line, Push
from voltway.runtime.metrics import counter
from voltway.runtime.work import BeginWork

log = structlog.get_logger("voltway.partners")

TOLD: Final = counter("voltway_platform_pushes", "What platforms of terminals were told", "outcome")

#: How long a platform may take to say that it heard.
WITHIN_S: Final = 5.0
#: How much a platform is told in one round.
OF_A_ROUND: Final = 50


class _Envelope(msgspec.Struct):
    """What OCPI wraps an answer in, as far as we look."""

    status_code: int
    status_message: str = ""


async def deliver_due(begin: BeginWork) -> int:
    """Sweep: tell every platform what waits; how much was heard."""
    async with begin() as work:
        due = await store_platforms.waiting(work)
    return sum(await asyncio.gather(*(_deliver(begin, platform) for platform in due)))


async def _deliver(begin: BeginWork, platform: UUID) -> int:
    """Tell one platform, until nothing waits that can be told now, or it is silent."""
    heard = 0
    while heard < OF_A_ROUND:
        async with begin() as work:
            line = await store_platforms.line(work, platform)
            pushes = []
            if line is not None:
                pushes = await store_platforms.take(work, platform, at_most=OF_A_ROUND - heard)
        if line is None or not pushes:
            break
        told, silent = await _tell_each(begin, line, pushes)
        heard += told
        if silent:
            break
    return heard


async def _tell_each(begin: BeginWork, line: Line, pushes: list[Push]) -> tuple[int, bool]:
    """How many were heard, and whether the platform was silent."""
    heard: list[UUID] = []
    failed: list[tuple[Push, str]] = []
    silence = ""
    for push in pushes:
        if silence:
            failed.append((push, silence))
            continue
        try:
            trouble = await _tell(line, push)
        except wire.PartnerSilent as silent:
            silence = trouble = silent.why
        if trouble:
            failed.append((push, trouble))
        else:
            heard.append(push.id)
    async with begin() as work:
        work.touch(f"platform:{line.provider}")
        if heard:
            await store_platforms.note_delivered(work, heard)
        for push, why in failed:
            again = rules.next_try(push.tries + 1, push.made_at, work.now)
            await store_platforms.note_failed(work, push.id, again, why)
        if silence or heard:
            await store_platforms.note_heard(work, line.provider, silence)
    TOLD.labels("heard").inc(len(heard))
    TOLD.labels("in vain").inc(len(failed))
    if failed:
        log.warning("platform_not_told", platform=line.name, pushes=len(failed), why=failed[0][1])
    return len(heard), bool(silence)


async def _tell(line: Line, push: Push) -> str:
    """Why it did not hear this; nothing if it did. Raises ``PartnerSilent``."""
    headers = {
        "Content-Type": "application/json",
        "Authorization": f"Token {b64encode(line.token.encode()).decode()}",
        "X-Request-ID": str(uuid4()),
        "X-Correlation-ID": str(push.id),
    }
    # A command names the address for its result itself; it was looked at when it came.
    url = push.path if push.kind == "command" else line.url + push.path
    body = push.body.encode()
    reply = await wire.send(push.method, url, body, headers, to=line.name, within_s=WITHIN_S)
    return why_unheard(reply)


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
