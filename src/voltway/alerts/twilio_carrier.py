"""Texts by Twilio: its own SDK on our own line, and what it tells us afterwards.

The SDK makes and reads the messages and checks signatures; the line is ours (``httpx``), so that
it waits for nobody longer than we want. Twilio has no key under which a text is sent once: after a
lost answer we look through what it sent.
"""

import logging
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any, Final
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import httpx
from twilio.base.exceptions import TwilioException, TwilioRestException
from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from voltway.alerts.carrier import (
    CarrierSilent,
    ForgedNews,
    News,
    NoCarrier,
    NumberGone,
    TextRefused,
    TextState,
)
from voltway.runtime import tls
from voltway.runtime.settings import Settings

NAME: Final = "Twilio"
TIMEOUT_S: Final = 10
#: So many of the newest texts to a number are looked through.
LOOKED_THROUGH: Final = 50
#: Their clock may be behind ours, and counts whole seconds.
CLOCKS_DIFFER: Final = timedelta(minutes=2)

#: https://www.twilio.com/docs/api/errors: no number; told us to stop; no mobile; unknown to its
#: network; a fixed line.
_NUMBER_GONE: Final = frozenset({21211, 21610, 21614, 30005, 30006})
_SAYS: Final[Mapping[int, str]] = {
    21211: "it is no number",
    21610: "its owner answered STOP",
    21614: "it is not the number of a mobile phone",
    30003: "the phone is off or out of reach",
    30004: "it is blocked",
    30005: "its network does not know it",
    30006: "it is a fixed line, or its network cannot be reached",
    30007: "a filter on the way held it back",
    30008: "the network gave no reason",
}
_FAILED: Final = frozenset({"failed", "undelivered", "canceled"})


class _Line(AsyncHttpClient):  # type: ignore[misc] # the SDK says nothing of its types
    """The SDK's requests over ``httpx``; to another address than Twilio's where one is set."""

    def __init__(self, url: str) -> None:
        super().__init__(logging.getLogger("voltway.alerts.twilio"), True, TIMEOUT_S)
        self._to = urlsplit(url) if url else None

    async def request(
        self,
        method: str,
        uri: str,
        params: dict[str, object] | None = None,
        data: dict[str, object] | None = None,
        headers: dict[str, str] | None = None,
        auth: tuple[str, str] | None = None,
        timeout: float | None = None,  # noqa: ASYNC109 - the SDK's own word
        allow_redirects: bool = False,
    ) -> Response:
        if self._to is not None:
            asked = urlsplit(uri)
            uri = urlunsplit(asked._replace(scheme=self._to.scheme, netloc=self._to.netloc))
        async with httpx.AsyncClient(
            timeout=timeout or TIMEOUT_S,
            trust_env=False,
            verify=tls.trusted(),
            follow_redirects=allow_redirects,
        ) as line:
            answer = await line.request(
                method, uri, params=_flat(params), data=_flat(data), headers=headers, auth=auth
            )
        return Response(answer.status_code, answer.text, answer.headers)


class TwilioCarrier:
    """Keeps to ``Carrier``."""

    def __init__(self, settings: Settings) -> None:
        """Raises ``NoCarrier`` where no account is set."""
        if not settings.sms_account:
            raise NoCarrier
        self._from = settings.sms_from
        self._client = Client(
            settings.sms_account, settings.sms_secret, http_client=_Line(settings.sms_url)
        )

    async def send(self, to: str, words: str, *, tell: str) -> str:
        whose = "messaging_service_sid" if self._from.startswith("MG") else "from_"
        more = {"status_callback": tell} if tell else {}
        asked = self._client.messages.create_async(to=to, body=words, **{whose: self._from}, **more)
        return str((await _answer(asked)).sid)

    async def sent(self, to: str, words: str, *, since: datetime) -> Collection[str]:
        asked = self._client.messages.list_async(to=to, limit=LOOKED_THROUGH)
        found = await _answer(asked)
        return [
            each.sid
            for each in reversed(found)
            if each.body == words and each.date_created >= since - CLOCKS_DIFFER
        ]


async def _answer(asked: Any) -> Any:
    try:
        return await asked
    except TwilioRestException as no:
        raise _trouble(no.status, no.code or 0, no.msg) from no
    except TwilioException as broken:  # the answer was not what the SDK can read
        raise CarrierSilent(NAME, "its answer cannot be read") from broken
    except (httpx.HTTPError, httpx.InvalidURL) as silence:
        raise CarrierSilent(NAME, type(silence).__name__) from silence
    except (ValueError, TypeError, KeyError) as broken:
        raise CarrierSilent(NAME, "its answer cannot be read") from broken


def _trouble(status: int, code: int, words: str) -> CarrierSilent | TextRefused:
    """A no of Twilio's. That it does not know us (401, 403) is for us to mend, and then it goes."""
    if code in _NUMBER_GONE:
        return NumberGone(NAME, says(code))
    if status in (401, 403, 408, 429) or status >= 500:
        return CarrierSilent(NAME, f"status {status}")
    return TextRefused(NAME, f"{says(code)} ({' '.join(words.split())[:200]})")


def says(code: int) -> str:
    """An error code of Twilio's in words."""
    return _SAYS.get(code, f"its code is {code}")


def heard(settings: Settings, url: str, body: bytes, signature: str) -> News:
    """What Twilio tells of a text, at this address of ours. Raises ``ForgedNews``."""
    try:
        told = dict(parse_qsl(body.decode(), keep_blank_values=True))
    except UnicodeDecodeError:
        raise ForgedNews from None
    proves = RequestValidator(settings.sms_secret) if settings.sms_secret else None
    if proves is None or not proves.validate(url, told, signature):
        raise ForgedNews
    said, code = told.get("MessageStatus", ""), told.get("ErrorCode", "")
    number = int(code) if code.isdecimal() else 0
    state = TextState.TAKEN
    if said in ("delivered", "read"):
        state = TextState.DELIVERED
    elif said in _FAILED:
        state = TextState.FAILED
    trouble = f"It did not arrive: {says(number)}." if state is TextState.FAILED else ""
    return News(
        ref=told.get("MessageSid", ""),
        state=state,
        trouble=trouble,
        number_gone=number in _NUMBER_GONE,
    )


def _flat(asked: dict[str, object] | None) -> dict[str, Any] | None:
    """As a form: what has no value is left out."""
    return {key: value for key, value in (asked or {}).items() if isinstance(value, str | int)}
