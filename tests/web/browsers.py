"""A browser without script, as far as a door can tell: cookies, and forms that say their origin."""

import html
import re
from dataclasses import dataclass
from typing import Final

from httpx import AsyncClient, Response

HERE: Final = "http://voltway.test"


@dataclass(frozen=True, slots=True)
class Browser:
    client: AsyncClient

    async def opens(self, path: str, **headers: str) -> Response:
        """A page, as a person opens it."""
        return await self.client.get(path, headers={"Accept": "text/html", **headers})

    async def reads(self, path: str) -> str:
        """The words of a page that is there."""
        answer = await self.opens(path)
        assert answer.status_code == 200, f"{path}: {answer.status_code} {words_of(answer.text)}"
        return words_of(answer.text)

    async def sends(self, path: str, **fields: str) -> Response:
        """A form of ours."""
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Origin": HERE}
        return await self.client.post(path, data=fields, headers=headers)


def words_of(page: str) -> str:
    """What a page says, without its marks, in one line."""
    body = re.sub(r"(?s)<(script|style|symbol).*?</\1>", " ", page)
    text = html.unescape(re.sub(r"<[^>]+>", " ", body))
    return re.sub(r"\s+([,.])", r"\1", " ".join(text.split())).replace("\u00a0", " ")
