"""What the list says of now: of which moment it is, and that a doubtful bay is not plainly free."""

from zoneinfo import ZoneInfo

from tests.payments.failing import fails
from tests.payments.scene import Scene
from tests.web.browsers import Browser
from tests.web.everywhere import online


async def test_the_list_says_of_which_moment_it_is(browser: Browser, scene: Scene) -> None:
    here = scene.clock.now().astimezone(ZoneInfo(scene.station.location.time_zone))

    for page in ("/", "/map"):
        assert f", as of {here:%H:%M}" in await browser.reads(page)
    assert "as of" not in await browser.reads("/?q=Nowhere+at+all"), "there is nothing to be old"


async def test_a_doubtful_bay_is_counted_apart_until_a_start_works_there(
    browser: Browser, scene: Scene
) -> None:
    await online(scene)
    before = await browser.reads("/")
    await fails(scene)
    await online(scene)

    doubtful = await browser.reads("/")

    assert "doubtful" not in before
    assert "1 place, 2 bays free, as of" in before
    assert "1 place, 1 bay free, 1 doubtful, as of" in doubtful
    assert "1 of 2 free, 1 doubtful, up to 22 kW" in doubtful
    await online(scene, status="faulted")
    assert "doubtful" not in await browser.reads("/"), "nobody takes that one for free"
