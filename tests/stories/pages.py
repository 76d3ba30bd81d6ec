"""The pages of a story, by who has no hands of a browser: what they say, and the forms on them."""

import itertools
from typing import Final

import httpx

from tests.stories.world import World
from tests.web.browsers import words_of
from voltway_world.mail.box import Mail

#: What a browser says of a form on a page of the house.
HERE: Final = {"Sec-Fetch-Site": "same-origin", "Accept": "text/html"}


async def reads(world: World, path: str) -> str:
    """The words of a page."""
    answer = await world.browser.get(path, headers=HERE)
    assert answer.status_code == httpx.codes.OK, path
    return words_of(answer.text)


async def sends(world: World, path: str, **fields: str) -> str:
    """A form; where it leads, on our site or the provider's."""
    answer = await world.browser.post(path, data=fields, headers=HERE)
    assert answer.status_code == httpx.codes.SEE_OTHER, words_of(answer.text)
    return answer.headers["location"]


async def mailed(world: World, to: str, *words: str) -> Mail:
    """The mail to somebody in which all of this stands, once it came."""
    for count in itertools.count(1):
        mails: list[Mail] = await world.within(world.mail.box.wait_for(to, count=count))
        for mail in mails:
            if all(word in f"{mail.subject} {mail.text}" for word in words):
                return mail
    raise AssertionError
