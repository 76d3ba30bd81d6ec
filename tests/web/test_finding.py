"""How a driver finds a place: words, filters in the address, pages, and near without a trace."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Final

import pytest

from tests.network import a_location, a_station
from tests.payments.failing import fails
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from voltway.runtime.database import Database
from voltway.stations import actions as stations
from voltway.stations import features
from voltway.stations.model_features import Features
from voltway.web.driver import finding
from voltway.web.driver.asking import Asked, asked_of
from voltway.web.driver.spelling import Names

#: Nobody else has this position: where it is found, it was kept.
LAT, LON = "61.4987", "23.7610"

NOT_ASKED: Final = [
    {"power": "abc"},
    {"power": "1" * 5000},
    {"power": "12"},
    {"plug": "nema"},
    {"price": "cheap"},
    {"price": "NaN"},
    {"price": "-1"},
    {"after": "0"},
    {"after": "3.00000000-0000-0000-0000-000000000000"},
    {"after": "0.x"},
    {"free": ""},
]


@pytest.mark.parametrize("query", NOT_ASKED)
def test_what_an_address_says_wrongly_it_does_not_ask(query: dict[str, str]) -> None:
    assert asked_of(query) == Asked()


def test_what_is_asked_stands_in_the_address_and_is_read_from_it() -> None:
    query = {"q": "Ber lin", "power": "50000", "plug": "ccs", "price": "0,49", "wide": "1"}
    asked = asked_of(query)

    assert asked.price_max == Decimal("0.49")
    assert asked.address() == "/?q=Ber+lin&power=50000&plug=ccs&price=0%2C49&wide=1"
    assert Asked().address() == "/"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("Helsnki", ["Helsinki"]), ("muenchn", ["M\u00fcnchen"]), ("market suare", ["Market Square"])],
)
def test_a_slip_of_the_pen_is_understood(typed: str, meant: list[str]) -> None:
    names = ["Helsinki", "M\u00fcnchen", "Market Square", "Oulu", "Espoo"]

    assert Names(names).likely(typed)[:1] == meant


def test_what_is_like_nothing_is_like_nothing() -> None:
    assert Names(["Helsinki", "Oulu"]).likely("qqqq") == []
    assert Names([]).likely("Oulu") == []


async def test_a_slip_of_the_pen_shows_what_was_meant_and_says_so(
    browser: Browser, scene: Scene
) -> None:
    said = await browser.reads("/?q=Helsnki")

    assert "No place is called \u201cHelsnki\u201d. These are for \u201cHelsinki\u201d." in said
    assert "Market Square" in said


async def test_words_may_stand_in_any_order(browser: Browser, scene: Scene) -> None:
    assert "2 of 2 free" in await browser.reads("/?q=helsinki+square")
    assert "These are for “Helsinki”" in await browser.reads("/?q=helsinki+qqqq")


@pytest.mark.parametrize("written", [str, str.lower, lambda id: id.replace("*", " ")])
async def test_the_evse_id_of_a_bay_leads_to_it(
    browser: Browser, scene: Scene, written: Callable[[str], str]
) -> None:
    bay = str(scene.station.evses[1].public_id)

    for page in ("/", "/map"):
        sent = await browser.client.get(page, params={"q": written(bay)})
        assert (sent.status_code, sent.headers["location"]) == (303, f"/e/{bay}")


@pytest.mark.parametrize("page", ["/", "/map"])
async def test_an_evse_id_that_no_bay_has_is_said_to_be_none(
    browser: Browser, scene: Scene, page: str
) -> None:
    bay = str(scene.station.evses[1].public_id)

    said = await browser.reads(f"{page}?q={bay}9")

    assert f"There is no bay with the EVSE ID “{bay}9”." in said
    assert "Compare it with the hardware, sign by sign" in said
    assert "Show all places" in said
    assert "No place fits" not in said
    assert "No place fits" in await browser.reads(f"{page}?q=Dresdener"), "that is no EVSE ID"


async def test_an_evse_id_that_two_bays_have_lists_both(
    browser: Browser, scene: Scene, database: Database
) -> None:
    bay = str(scene.station.evses[1].public_id)
    twin = f"{bay[:-2]}{bay[-1]}"
    async with database.begin() as work:
        await work.run(
            "UPDATE evse SET public_id = $2 WHERE id = $1", scene.station.evses[2].evse, twin
        )

    asked = await browser.opens(f"/?q={bay.replace('*', '')}")
    assert "fits more than one" in words_of(asked.text)
    for each in (bay, twin):
        assert f'href="/e/{each}"' in asked.text.replace("%2A", "*")
    sent = await browser.client.get("/", params={"q": twin})
    assert sent.headers["location"] == f"/e/{twin}", "as it stands on the hardware it is one"


TOLD = Features(
    step_free=True,
    lit=True,
    roofed=True,
    bay_width_cm=350,
    screen_height_cm=120,
    hours_words="always",
)
FILTERS = [
    ("step_free", {"step_free": False}),
    ("wide", {"bay_width_cm": 349}),
    ("low", {"screen_height_cm": 121}),
    ("low", {"screen_height_cm": None}),
    ("lit", {"lit": None}),
    ("roof", {"roofed": False}),
    ("open", {"hours_words": "2026-01-01 10:00-11:00"}),
]


@pytest.mark.parametrize(("name", "otherwise"), FILTERS)
async def test_a_filter_shows_what_was_told_and_nothing_else(
    browser: Browser, scene: Scene, name: str, otherwise: dict[str, object]
) -> None:
    place = scene.station.location.id
    assert "No place fits" in await browser.reads(f"/?{name}=1"), "nobody told"
    async with scene.begin() as work:
        await features.describe(work, place, TOLD, by="Olga")
    assert "Market Square" in await browser.reads(f"/?{name}=1")
    async with scene.begin() as work:
        told = {each: getattr(TOLD, each) for each in TOLD.__slots__} | otherwise
        await features.describe(work, place, Features(**told), by="Olga")
    assert "No place fits" in await browser.reads(f"/?{name}=1")


async def test_plug_and_price_filter_too(browser: Browser, scene: Scene) -> None:
    assert "2 of 2 free" in await browser.reads("/?plug=type2")
    assert "No place fits" in await browser.reads("/?plug=chademo")
    assert "€0.49" in await browser.reads("/?price=0.49")
    assert "No place fits" in await browser.reads("/?price=0.48")


async def test_many_places_come_page_by_page_each_once(browser: Browser, scene: Scene) -> None:
    names = [f"Place {nth:02}" for nth in range(finding.PAGE + 1)]
    async with scene.begin() as work:
        for name in names:
            where = await a_location(work, scene.station.party, name=name)
            await a_station(work, scene.station.party, where)
        await work.run("UPDATE station SET connected_at = $1, last_heard_at = $1", scene.now)
        await work.run("UPDATE evse SET status = 'available' WHERE number = 1")
    first = await browser.opens("/")
    second = await browser.opens(_more(first.text))

    seen = [*_names(first.text), *_names(second.text)]
    assert seen == ["Market Square", *names]
    assert len(_names(first.text)) == finding.PAGE
    assert f"{len(seen)} places" in words_of(first.text)
    assert "More places" not in second.text


def _names(page: str) -> list[str]:
    return [part.split("</b>")[0] for part in page.split("<span><b>")[1:]]


def _more(page: str) -> str:
    before = page.split("More places")[0]
    return before.rsplit('href="', 1)[1].split('"', 1)[0].replace("&amp;", "&")


async def test_the_nearest_come_first_and_where_somebody_is_is_kept_nowhere(
    browser: Browser, scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    async with scene.begin() as work:
        far = await stations.add_location(
            work,
            scene.station.party.id,
            name="A far place",
            address="Katu 1",
            city="Tampere",
            country="FIN",
            lat=61.5,
            lon=23.8,
            time_zone="Europe/Helsinki",
        )
        await a_station(work, scene.station.party, far)
    answer = await browser.sends("/near", lat=LAT, lon=LON, power="0")

    said = words_of(answer.text)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"
    assert said.index("A far place") < said.index("Market Square")
    assert "nearest first" in said
    for each in (LAT, LON, "61.49", "23.76"):
        assert each not in answer.text
        assert each not in caplog.text
    async with scene.begin() as work:
        tables = await work.all(
            """
            SELECT tablename AS name FROM pg_tables
             WHERE schemaname = 'public'
               AND has_table_privilege(format('%I.%I', schemaname, tablename), 'SELECT')
            """
        )
        assert len(tables) > 50
        for table in tables:
            row = await work.one(
                f"""SELECT count(*) AS n FROM "{table["name"]}" t
                     WHERE t::text ~ '61[.]49|23[.]76'"""
            )
            assert row is not None
            assert row["n"] == 0, table["name"]


@pytest.mark.parametrize(("lat", "lon"), [("", "1"), ("91", "0"), ("nan", "0"), ("1", "1e9")])
async def test_what_is_no_position_is_refused(
    browser: Browser, scene: Scene, lat: str, lon: str
) -> None:
    answer = await browser.sends("/near", lat=lat, lon=lon)

    assert answer.status_code == 422
    assert "no position on the globe" in words_of(answer.text)


async def test_a_bay_whose_last_starts_all_failed_is_doubtful_until_one_works(
    browser: Browser, scene: Scene
) -> None:
    place = f"/l/{scene.station.location.id}"
    await fails(scene)
    doubtful = await browser.reads(place)
    scene.clock.jump(timedelta(seconds=5))
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)

    await scene.settles()

    assert "Doubtful: the last 3 starts here failed" in doubtful
    assert "Doubtful" not in await browser.reads(place)


async def test_a_name_that_changed_is_meant_by_the_next_slip(
    browser: Browser, scene: Scene
) -> None:
    assert "Market Square" in await browser.reads("/?q=Market+Suare")
    async with scene.begin() as work:
        await stations.change_location(work, replace(scene.station.location, name="Kamppi"))

    assert "Nothing is open" in await browser.reads("/?q=Market+Suare")
    assert "These are for “Kamppi”." in await browser.reads("/?q=Kampi")


async def test_a_list_says_when_a_charge_last_worked(browser: Browser, scene: Scene) -> None:
    assert "Last charge worked" not in await browser.reads("/")
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(60_000, minutes=30)

    assert "Last charge worked" in await browser.reads("/")


async def test_places_that_somebody_without_an_account_marked_are_kept_in_their_browser_alone(
    browser: Browser, scene: Scene
) -> None:
    page = f"/l/{scene.station.location.id}"
    assert "No place fits" in await browser.reads("/?mine=1")

    for _ in range(2):  # said twice is as said once
        assert (await browser.sends(f"{page}/mark", mark="yes")).status_code == 303
    cookie = browser.client.cookies["places"]
    assert "One of my places" in await browser.reads(page)
    assert "1 place," in await browser.reads("/?mine=1")
    await browser.sends(f"{page}/mark", mark="no")

    assert cookie == scene.station.location.id.hex
    assert "Keep it among my places" in await browser.reads(page)
    assert "No place fits" in await browser.reads("/?mine=1")


async def test_a_damaged_cookie_and_a_place_that_is_gone_lose_nothing(
    browser: Browser, scene: Scene
) -> None:
    here = scene.station.location.id
    browser.client.cookies.set("places", f"nonsense.{here.hex}.", domain="voltway.test")

    gone = await browser.sends("/l/00000000-0000-0000-0000-000000000001/mark", mark="yes")

    assert gone.status_code == 404
    assert "1 place," in await browser.reads("/?mine=1")
