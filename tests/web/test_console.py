"""The console: who gets in, what each role sees and may do, and what hostile stations write."""

from datetime import timedelta

import pytest

from tests.network import a_party, a_station
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.stations import actions as stations
from voltway.stations.model import Direction, KeptFrame, Knock, Refused
from voltway_world.provider.faults import Fault

EVIL = "<script>alert(1)</script>"

PAGES = [
    "/console",
    "/console/stations",
    "/console/sessions",
    "/console/lobby",
    "/console/review",
    "/console/money",
    "/console/ledger",
    "/console/tariffs",
    "/console/tariffs/import",
    "/console/tariffs/simulate",
    "/console/tariffs/markets",
    "/console/people",
    "/console/meters",
    "/console/find?q=market",
]


@pytest.mark.parametrize("path", PAGES)
async def test_nobody_sees_a_page_without_signing_in(browser: Browser, path: str) -> None:
    answer = await browser.opens(path)

    assert answer.status_code == 303
    assert answer.headers["location"].startswith("/console/sign-in?back=/console")


async def test_a_live_page_of_nobody_stops_asking(browser: Browser) -> None:
    answer = await browser.opens("/console/live", Accept="text/event-stream")

    assert answer.status_code == 204


async def test_the_first_owner_comes_in_by_the_secret_and_only_once(
    browser: Browser, scene: Scene
) -> None:
    secret = await parties.make_first_run_secret(scene.begin)
    assert secret is not None
    assert (await browser.opens("/console/sign-in")).headers["location"] == "/console/first-run"
    form = {"email": "a@b.test", "name": "Aino", "password": "a long enough one"}

    wrong = await browser.sends("/console/first-run", secret="wrong", **form)
    right = await browser.sends("/console/first-run", secret=secret, **form)
    again = await browser.sends("/console/first-run", secret=secret, **form)

    assert wrong.status_code == 403
    assert right.headers["location"] == "/console"
    assert again.status_code in (403, 409)
    assert "Aino" in await browser.reads("/console")


async def test_a_wrong_password_looks_the_same_whether_the_address_is_known(
    browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    browser.client.cookies.clear()

    known = await browser.sends("/console/sign-in", email="viewer@voltway.test", password="x")
    other = await browser.sends("/console/sign-in", email="nobody@voltway.test", password="x")

    assert known.status_code == other.status_code == 403
    assert words_of(known.text) == words_of(other.text)


async def test_the_seat_is_no_script_s_business_and_ends_with_the_sign_out(
    browser: Browser, scene: Scene
) -> None:
    await sits_down(browser, scene, Role.OWNER)
    async with scene.begin() as work:
        row = await work.one("SELECT count(*) AS n FROM operator_view")
    assert row is not None
    cookie = next(iter(browser.client.cookies.jar))
    assert cookie.path == "/console"
    assert cookie.has_nonstandard_attr("HttpOnly")
    assert cookie.get_nonstandard_attr("SameSite") == "lax"
    seat = str(cookie.value)

    await browser.sends("/console/sign-out")
    answer = await browser.opens("/console", Cookie=f"voltway_seat={seat}")

    assert answer.status_code == 303, "the token is forgotten by us too"


@pytest.mark.parametrize("path", PAGES)
async def test_an_owner_sees_every_page(owner: Browser, path: str) -> None:
    answer = await owner.opens(path)

    assert answer.status_code in (200, 303)
    assert not answer.headers.get("location", "").startswith("/console/sign-in")


@pytest.mark.parametrize("path", ["/console/money", "/console/ledger"])
async def test_a_viewer_is_refused_the_money_and_told_who_may(
    browser: Browser, scene: Scene, path: str
) -> None:
    await sits_down(browser, scene, Role.VIEWER)

    answer = await browser.opens(path)

    assert answer.status_code == 403
    assert "may not see payments and books" in words_of(answer.text)
    assert "owner" in words_of(answer.text)


@pytest.mark.parametrize(
    ("role", "kind", "status"),
    [
        (Role.VIEWER, "reset", 403),
        (Role.SUPPORT, "reset", 303),
        (Role.SUPPORT, "raw", 403),
        (Role.OPERATOR, "raw", 303),
    ],
)
async def test_an_order_is_placed_only_for_a_role_that_may(
    browser: Browser, scene: Scene, role: Role, kind: str, status: int
) -> None:
    await sits_down(browser, scene, role)

    answer = await browser.sends(
        f"/console/stations/{scene.station.station.id}/orders",
        kind=kind,
        action="GetLocalListVersion",
        payload="{}",
    )

    assert answer.status_code == status
    assert await scene.count("order_view") == (status == 303)
    assert await scene.count("audit_view WHERE did = 'asked a station'") == (status == 303)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"kind": "start", "bay": "1"}, "the token is missing"),
        ({"kind": "unlock"}, "say which bay"),
        ({"kind": "raw", "action": "Reset", "payload": "{"}, "no JSON"),
        ({"kind": "raw", "action": "Reset", "payload": "[]"}, "a JSON object"),
        ({"kind": "raw", "action": "a b"}, "one word"),
        ({"kind": "dance"}, "none of the things"),
    ],
)
async def test_an_order_that_makes_no_sense_is_refused_in_words(
    owner: Browser, scene: Scene, fields: dict[str, str], said: str
) -> None:
    answer = await owner.sends(f"/console/stations/{scene.station.station.id}/orders", **fields)

    assert answer.status_code == 422
    assert said in words_of(answer.text)
    assert await scene.count("order_view") == 0


async def test_what_was_asked_of_a_station_shows_how_far_it_came(
    owner: Browser, scene: Scene
) -> None:
    at = f"/console/stations/{scene.station.station.id}"

    await owner.sends(f"{at}/orders", kind="trigger", message="Heartbeat")

    said = await owner.reads(at)
    assert "Ask for Heartbeat" in said
    assert "Waits for the station's line" in said


async def test_another_party_s_station_and_session_are_not_there(
    owner: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        other = await a_station(work, await a_party(work, name="Another Oy"))

    for path in ("", "/live"):
        answer = await owner.opens(f"/console/stations/{other.station.id}{path}")
        assert answer.status_code == 404
    answer = await owner.sends(f"/console/stations/{other.station.id}/orders", kind="reset")
    assert answer.status_code == 404
    assert await scene.count("order_view") == 0
    assert other.station.identity not in (await owner.opens("/console/stations")).text


async def test_hostile_text_of_a_station_is_shown_as_text(owner: Browser, scene: Scene) -> None:
    station = scene.station.station
    frame = f'[2,"1","BootNotification",{{"status":"{EVIL}"}}]'.encode()
    async with scene.begin() as work:
        await work.run("UPDATE station SET vendor = $1, model = $1, firmware = $1", EVIL)
        await work.run("UPDATE evse SET error = $1, status = 'faulted'", EVIL)
        stations.keep_frames(
            work,
            [
                (station.party, KeptFrame(station.id, Direction.HEARD, scene.now, frame)),
                (station.party, KeptFrame(station.id, Direction.HEARD, scene.now, EVIL.encode())),
                (station.party, KeptFrame(station.id, Direction.HEARD, scene.now, b"\xff\x00[")),
            ],
        )
        await stations.record_knocks(
            work, [Knock(EVIL, Refused.UNKNOWN, scene.now, agent=EVIL, subprotocols=EVIL)]
        )

    for path in (
        "/console",
        "/console/stations",
        f"/console/stations/{station.id}",
        "/console/lobby",
        "/console/find?q=" + EVIL,
    ):
        page = (await owner.opens(path)).text
        assert "<script>alert" not in page, path
    assert "&lt;script&gt;alert(1)" in (await owner.opens(f"/console/stations/{station.id}")).text


async def test_a_station_from_the_lobby_is_adopted_and_its_key_shown_once(
    owner: Browser, scene: Scene
) -> None:
    async with scene.begin() as work:
        await stations.record_knocks(work, [Knock("NEW-1", Refused.UNKNOWN, scene.now)])
        (entry,) = await stations.lobby(work)
    assert "NEW-1" in await owner.reads("/console/lobby")

    nowhere = await owner.sends(f"/console/lobby/{entry.id}/adopt", location="x")
    answer = await owner.sends(
        f"/console/lobby/{entry.id}/adopt",
        location=str(scene.station.location.id),
        bays="2",
        bay_kind="dc150",
        keep="no",
    )

    assert nowhere.status_code == 422
    assert answer.status_code == 201
    assert "shown only here" in words_of(answer.text)
    assert "NEW-1" not in await owner.reads("/console/lobby")
    assert await scene.count("evse_view WHERE identity = 'NEW-1' AND power_w = 150000") == 2


async def test_a_session_is_told_from_plug_to_paid_receipt(owner: Browser, scene: Scene) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    session = await scene.starts(payment.token)
    await scene.settles()
    running = await owner.reads(f"/console/sessions/{session}")
    wall = await owner.reads("/console")
    await scene.ends(60_000, minutes=30)
    await scene.settles()

    said = await owner.reads(f"/console/sessions/{session}")

    assert "Charging" in running
    assert "1 open" in wall
    for words in ("Ended", "€4.90", "€50.00 held", "Settled", "done", "Postings"):
        assert words in said, words
    assert "€4.90" in await owner.reads("/console/money")
    drawer = await owner.reads(f"/console/money?on={payment.id}")
    assert "Asked of the provider" in drawer
    assert "Sums to zero" in await owner.reads("/console/ledger")
    assert "€4.90" in await owner.reads("/console")


async def test_a_bill_that_rests_is_tried_again_by_a_role_that_may_move_money(
    browser: Browser, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    await scene.settles()
    scene.bank.faults.set([Fault(on="capture", kind="error_500", times=9)])
    await scene.ends(60_000, minutes=30)
    await scene.settles()
    await sits_down(browser, scene, Role.SUPPORT)
    assert "Try again now" in await browser.reads(f"/console/sessions/{session}")
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM settlement_view")
    assert row is not None
    scene.bank.faults.set([])
    scene.clock.jump(timedelta(seconds=1))

    answer = await browser.sends(f"/console/settlements/{row['id']}/again")
    await scene.settles()

    assert answer.status_code == 303
    assert "€4.90" in await browser.reads(f"/console/sessions/{session}")
    assert await scene.count("settlement_view WHERE state = 'done'") == 1


async def test_an_owner_makes_a_key_that_is_shown_once_and_a_viewer_makes_none(
    owner: Browser, scene: Scene
) -> None:
    answer = await owner.sends("/console/people/keys", name="Till", role="viewer")
    assert answer.status_code == 201
    page = await owner.reads("/console/people")
    assert "Till" in page

    await owner.sends("/console/sign-out")
    await sits_down(owner, scene, Role.VIEWER)
    answer = await owner.sends("/console/people/keys", name="Mine", role="owner")
    assert answer.status_code == 403


async def test_a_short_password_is_refused_and_what_was_typed_stays(owner: Browser) -> None:
    answer = await owner.sends(
        "/console/people/operators", name="Mika", email="m@b.test", role="viewer", password="short"
    )

    assert answer.status_code == 422
    assert 'value="Mika"' in answer.text
