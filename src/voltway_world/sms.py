"""Twilio, simulated: it takes texts over its API, delivers them to phones here, and tells of it.

``silent`` makes it answer that it is down; ``loses_answers`` makes it take a text and cut the line
before it says so; a number in ``gone`` takes no texts, for the reason of its error code. News of a
text is signed as Twilio signs it, by an HMAC-SHA1 over the address and the sorted fields.
"""

import asyncio
import base64
import hashlib
import hmac
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any, Final, TypeAlias
from urllib.parse import parse_qsl

from litestar import Litestar, Request, get, post
from litestar.params import FromPath
from litestar.response import Response

from voltway_world.calling import a_line
from voltway_world.serving import Served, Serving, cut_line
from voltway_world.web import quiet_site

Json: TypeAlias = dict[str, Any]

_VERSION: Final = "2010-04-01"


@dataclass(eq=False)
class Text:
    """A text that was taken."""

    sid: str
    to: str
    sender: str
    body: str
    callback: str
    at: datetime
    status: str = "queued"
    error: int | None = None


@dataclass(eq=False)
class TextService(Served):
    """The carrier inside this event loop: ``async with TextService() as service: service.url``."""

    account: str = "AC" + "0" * 32
    secret: str = "twilio-secret"
    host: str = "127.0.0.1"
    port: int = 0
    silent: bool = False
    loses_answers: bool = False
    gone: dict[str, int] = field(default_factory=dict)
    texts: list[Text] = field(default_factory=list)
    came: asyncio.Queue[Text] = field(default_factory=asyncio.Queue)  # each as it comes
    asked: int = 0
    now: datetime | None = None  # the moment that it takes it to be; ``None``: the machine's

    def __post_init__(self) -> None:
        self._serving = Serving(self._app(), host=self.host, port=self.port)

    def to(self, number: str) -> list[str]:
        """What stands on this phone, the oldest first."""
        return [each.body for each in self.texts if each.to == number]

    async def tells(
        self, text: Text, status: str, *, error: int | None = None, secret: str = ""
    ) -> int:
        """Tell the sender what became of a text; the status of their answer."""
        text.status, text.error = status, error
        told = {
            "AccountSid": self.account,
            "ApiVersion": _VERSION,
            "From": text.sender,
            "MessageSid": text.sid,
            "MessageStatus": status,
            "SmsSid": text.sid,
            "SmsStatus": status,
            "To": text.to,
        }
        if error is not None:
            told["ErrorCode"] = str(error)
        headers = {"X-Twilio-Signature": signature(secret or self.secret, text.callback, told)}
        async with a_line() as line:
            answer = await line.post(text.callback, data=told, headers=headers)
        return answer.status_code

    def _app(self) -> Litestar:
        @post(f"/{_VERSION}/Accounts/{{account:str}}/Messages.json")
        async def create(request: Request[Any, Any, Any], account: FromPath[str]) -> Response[Json]:
            form = dict(parse_qsl((await request.body()).decode()))
            return self._create(request, account, form)

        @get(f"/{_VERSION}/Accounts/{{account:str}}/Messages.json", sync_to_thread=False)
        def look(request: Request[Any, Any, Any], account: FromPath[str]) -> Response[Json]:
            if no := self._no(request, account):
                return no
            to = request.query_params.get("To", "")
            found = [each for each in reversed(self.texts) if to in ("", each.to)]
            size = int(request.query_params.get("PageSize", "50"))
            page = [self._shape(each) for each in found[:size]]
            return Response({"messages": page, "page": 0, "page_size": size, "next_page_uri": None})

        return quiet_site([create, look])

    def _create(
        self, request: Request[Any, Any, Any], account: str, form: Mapping[str, str]
    ) -> Response[Json]:
        self.asked += 1
        if no := self._no(request, account):
            return no
        to = form.get("To", "")
        if not to.startswith("+") or not form.get("Body"):
            return _error(400, 21211, f"Invalid 'To' Phone Number: {to}")
        if to in self.gone:
            return _error(400, self.gone[to], "The message cannot be sent to this number")
        sender = form.get("From") or form.get("MessagingServiceSid", "")
        text = Text(
            sid="SM" + uuid.uuid4().hex,
            to=to,
            sender=sender,
            body=form["Body"],
            callback=form.get("StatusCallback", ""),
            at=self.now or datetime.now(UTC),
        )
        self.texts.append(text)
        self.came.put_nowait(text)
        if self.loses_answers and request.client is not None:
            cut_line((request.client.host, request.client.port))
        return Response(self._shape(text), status_code=201)

    def _no(self, request: Request[Any, Any, Any], account: str) -> Response[Json] | None:
        if self.silent:
            return _error(503, 20503, "Service unavailable")
        said = base64.b64encode(f"{self.account}:{self.secret}".encode()).decode()
        if account != self.account or request.headers.get("authorization") != f"Basic {said}":
            return _error(401, 20003, "Authenticate")
        return None

    def _shape(self, text: Text) -> Json:
        at = format_datetime(text.at)
        return {
            "account_sid": self.account,
            "api_version": _VERSION,
            "body": text.body,
            "date_created": at,
            "date_sent": None,
            "date_updated": at,
            "direction": "outbound-api",
            "error_code": text.error,
            "error_message": None,
            "from": text.sender,
            "messaging_service_sid": None,
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": text.sid,
            "status": text.status,
            "subresource_uris": {},
            "to": text.to,
            "uri": f"/{_VERSION}/Accounts/{self.account}/Messages/{text.sid}.json",
        }


def signature(secret: str, url: str, told: Mapping[str, str]) -> str:
    """How Twilio signs what it tells (its page "Webhooks Security")."""
    signed = url + "".join(f"{key}{told[key]}" for key in sorted(told))
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def _error(status: int, code: int, words: str) -> Response[Json]:
    more = f"https://www.twilio.com/docs/errors/{code}"
    body = {"code": code, "message": words, "more_info": more, "status": status}
    return Response(body, status_code=status)
