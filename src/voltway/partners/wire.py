"""The line to partners' platforms: one signed POST, and what came of it."""

import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import aiohttp

from voltway.kernel.errors import Outage
from voltway.partners import signing
from voltway.partners.model import Partner

ANSWER_BYTES_MAX: Final = 65_536


@dataclass(eq=False)
class PartnerSilent(Outage):
    """The platform of {partner} gave no answer: {why}."""

    partner: str
    why: str


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: bytes
    signature: str


async def post(
    partner: Partner, path: str, body: bytes, *, within_s: float, event: str = ""
) -> Reply:
    """Say this to a partner's platform, signed. Raises ``PartnerSilent``."""
    headers = {
        "Content-Type": "application/json",
        signing.HEADER: signing.signature(partner.secret, body, int(time.time())),
    }
    if event:
        headers["Voltway-Event-Id"] = event
    url = partner.url + path
    return await send("POST", url, body, headers, to=partner.name, within_s=within_s)


async def send(
    method: str, url: str, body: bytes, headers: Mapping[str, str], *, to: str, within_s: float
) -> Reply:
    """One request to a platform and its answer. Raises ``PartnerSilent``."""
    try:
        async with (
            aiohttp.ClientSession(
                timeout=aiohttp.ClientTimeout(total=within_s), cookie_jar=aiohttp.DummyCookieJar()
            ) as client,
            client.request(
                method, url, data=body, headers=headers, allow_redirects=False
            ) as response,
        ):
            told = await response.content.read(ANSWER_BYTES_MAX)
            return Reply(response.status, told, response.headers.get(signing.HEADER, ""))
    except TimeoutError:
        raise PartnerSilent(to, "it took too long") from None
    except aiohttp.ClientConnectorError:
        raise PartnerSilent(to, "it cannot be reached") from None
    except (aiohttp.ClientError, ValueError):
        raise PartnerSilent(to, "the connection broke") from None
