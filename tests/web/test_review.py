"""The review page: what was put aside for a person, who sees it, and who may close it."""

from datetime import timedelta
from uuid import UUID

import pytest

from tests.network import AStation, a_party, a_station
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.kernel.ids import SessionId, TokenUid, TransactionRef
from voltway.kernel.units import RegisterWh
from voltway.parties.model import Role
from voltway.sessions import actions as sessions
from voltway.sessions.model import SAYS, Doubt
from voltway.stations import actions as stations
from voltway.stations.model import FrameForReview
from voltway.stations.reports import Context, Ended, Heard, Reading

EVIL = "<script>alert(1)</script>"
HERE = "/console/review"


async def tells_of_a_stranger(
    scene: Scene, *, ref: str = "4711", station: AStation | None = None, reason: str = "Local"
) -> UUID:
    """A stop of a session that nobody knows, as 1.6 tells it."""
    at = station or scene.station
    register = Reading(scene.now, register_wh=RegisterWh(12_340), context=Context.END)
    stop = Ended(ref=TransactionRef(ref), reason=reason, at=scene.now, readings=(register,))
    async with scene.begin() as work:
        await sessions.record(work, [Heard(0, at.station.id, "StopTransaction", scene.now, [stop])])
        row = await work.one("SELECT id FROM orphan_view WHERE ref = $1", ref)
    assert row is not None
    return UUID(str(row["id"]))


async def keeps_a_frame(
    scene: Scene, frame: str, why: str, *, action: str = "MeterValues", at: AStation | None = None
) -> None:
    kept = FrameForReview(
        station=(at or scene.station).station.id,
        at=scene.now,
        action=action,
        frame=frame.encode(),
        why=why,
    )
    async with scene.begin() as work:
        await stations.keep_for_review(work, [kept])


async def waits(browser: Browser) -> str:
    """What the rail says beside the word Review."""
    page = (await browser.opens("/console")).text
    beside = page.split('href="/console/review"')[1].split("</a>")[0]
    return beside.split('class="count">')[1].split("<")[0] if "count" in beside else ""


async def test_nothing_waits_and_the_page_says_so(owner: Browser) -> None:
    said = await owner.reads(HERE)

    assert "No session is held" in said
    assert "No orphan waits" in said
    assert "No frame waits" in said
    assert await waits(owner) == ""


async def test_an_orphan_waits_until_it_is_closed_with_a_reason(
    owner: Browser, scene: Scene
) -> None:
    orphan = await tells_of_a_stranger(scene)
    said = await owner.reads(HERE)
    assert "The end of a session that we do not know" in said
    assert "4711" in said
    assert "12.34" in said
    assert await waits(owner) == "1"

    silent = await owner.sends(f"{HERE}/orphans/{orphan}/close", reason="  ")
    closed = await owner.sends(f"{HERE}/orphans/{orphan}/close", reason="A test by the installer")
    again = await owner.sends(f"{HERE}/orphans/{orphan}/close", reason="Once more")

    assert silent.status_code == 422
    assert "Say in a few words why" in words_of(silent.text)
    assert closed.headers["location"] == HERE
    assert again.status_code == 404
    said = await owner.reads(HERE)
    assert "No orphan waits" in said
    assert "4711: A test by the installer The owner" in said
    assert await waits(owner) == ""
    assert await scene.count("audit_view WHERE did = 'closed an orphan'") == 1


async def test_a_held_session_waits_with_its_doubts_until_somebody_decides(
    owner: Browser, scene: Scene
) -> None:
    session = await scene.starts(TokenUid("NOBODYS"))
    await scene.ends(60_000)
    await scene.settles()

    answer = await owner.opens(HERE)
    assert f'href="/console/review/sessions/{session}"' in answer.text
    assert SAYS[Doubt.TOKEN_UNKNOWN] in words_of(answer.text)
    assert await waits(owner) == "1"
    await owner.sends(
        f"{HERE}/sessions/{session}/decide", choice="free", reason="It was a test of ours"
    )
    await scene.settles()

    assert "No session is held" in await owner.reads(HERE)
    assert await waits(owner) == ""


async def test_what_comes_after_the_bill_is_shown_and_waits_for_nobody(
    owner: Browser, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    await scene.ends(60_000)
    await scene.settles()
    assert "No session is held" in await owner.reads(HERE)

    scene.clock.jump(timedelta(hours=1))
    await scene.ends(70_000)
    await scene.settles()

    said = await owner.reads(HERE)
    assert "came after the bill" in said
    assert SAYS[Doubt.SECOND_END] in said
    assert f"/console/review/sessions/{session}" in (await owner.opens(HERE)).text
    assert await waits(owner) == ""


async def test_a_session_released_with_its_doubts_is_not_shown_again(
    owner: Browser, scene: Scene
) -> None:
    session = await scene.starts(TokenUid("NOBODYS"))
    await scene.ends(60_000)
    await scene.settles()
    scene.clock.jump(timedelta(minutes=5))
    await owner.sends(
        f"{HERE}/sessions/{session}/decide", choice="readings", reason="The card is the host's"
    )
    await scene.settles()

    assert "came after the bill" not in await owner.reads(HERE)


async def test_a_frame_that_could_not_be_taken_is_shown_short_until_looked_at(
    owner: Browser, scene: Scene
) -> None:
    await keeps_a_frame(scene, "[2,1,x," + "9" * 3_000 + "END]", "No number that we can keep")
    answer = await owner.opens(HERE)
    said = words_of(answer.text)
    assert "MeterValues" in said
    assert "No number that we can keep" in said
    assert "9" * 500 in said
    assert "9END]" not in said
    assert await waits(owner) == "1"

    at = answer.text.split(f'action="{HERE}/frames/')[1].split('"')[0]
    done = await owner.sends(f"{HERE}/frames/{at}")
    again = await owner.sends(f"{HERE}/frames/{at}")

    assert done.headers["location"] == HERE
    assert again.status_code == 404
    assert "No frame waits" in await owner.reads(HERE)
    assert await scene.count("frame_review_view") == 1, "the frame itself is kept"


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.OPERATOR, 303)])
async def test_an_orphan_is_closed_only_by_a_role_that_may(
    browser: Browser, scene: Scene, role: Role, status: int
) -> None:
    orphan = await tells_of_a_stranger(scene)
    await sits_down(browser, scene, role)

    page = (await browser.opens(HERE)).text
    answer = await browser.sends(f"{HERE}/orphans/{orphan}/close", reason="Looked at")

    assert "4711" in page
    assert ("/close" in page) == (status == 303)
    assert answer.status_code == status
    assert await scene.count("orphan_view WHERE reviewed_at IS NULL") == (status == 403)


async def test_another_party_s_things_are_not_there(owner: Browser, scene: Scene) -> None:
    async with scene.begin() as work:
        other = await a_station(work, await a_party(work, name="Another Oy"))
    orphan = await tells_of_a_stranger(scene, ref="THEIRS", station=other)
    await keeps_a_frame(scene, "[2]", "THEIR frame", at=other)
    async with scene.begin() as work:
        row = await work.one("SELECT id FROM frame_review_view")
    assert row is not None

    said = await owner.reads(HERE)
    closed = await owner.sends(f"{HERE}/orphans/{orphan}/close", reason="Not mine")
    looked = await owner.sends(f"{HERE}/frames/{row['id']}/close")

    assert "THEIR" not in said
    assert other.station.identity not in said
    assert await waits(owner) == ""
    assert closed.status_code == looked.status_code == 404
    assert await scene.count("orphan_view WHERE reviewed_at IS NULL") == 1
    assert await scene.count("frame_review_view WHERE reviewed_at IS NULL") == 1


async def test_hostile_text_is_shown_as_text(owner: Browser, scene: Scene) -> None:
    orphan = await tells_of_a_stranger(scene, ref=EVIL, reason=EVIL)
    await tells_of_a_stranger(scene, ref=f'" onfocus="{EVIL}', reason=EVIL)
    await keeps_a_frame(scene, f'[2,"1","{EVIL}"]', EVIL, action=EVIL)
    await owner.sends(f"{HERE}/orphans/{orphan}/close", reason=EVIL)

    page = (await owner.opens(HERE)).text

    assert "<script>alert" not in page
    assert '" onfocus="' not in page
    assert page.count("&lt;script&gt;alert(1)") >= 5


async def held(scene: Scene) -> UUID:
    """A session that tells of more energy than its EVSE can give."""
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    for nth, register in enumerate((53_000, 53_500, 54_000)):
        scene.clock.jump(timedelta(minutes=5))
        await scene.meters(register, seq=nth + 1)
    await scene.ends(100_000, seq=4, minutes=15)
    await scene.settles()
    return session


async def test_a_held_session_is_decided_beside_its_evidence_with_a_reason(
    owner: Browser, scene: Scene
) -> None:
    session = await held(scene)
    page = f"{HERE}/sessions/{session}"
    assert page in (await owner.opens(HERE)).text
    assert page in (await owner.opens(f"/console/sessions/{session}")).text
    said = await owner.reads(page)
    assert SAYS[Doubt.ABOVE_BOUND] in said
    assert "It begins at the register 50 kWh, which the start told." in said
    assert "The EVSE can give 11.55 kWh in that time, and no more is counted." in said

    silent = await owner.sends(f"{page}/decide", choice="energy", kwh="4,5", reason=" ")
    vague = await owner.sends(f"{page}/decide", choice="", reason="Why not")
    words = await owner.sends(f"{page}/decide", choice="energy", kwh="some", reason="Why not")
    done = await owner.sends(f"{page}/decide", choice="energy", kwh="4,5", reason="The load bank")
    again = await owner.sends(f"{page}/decide", choice="free", reason="Once more")
    await scene.settles()

    assert [silent.status_code, vague.status_code, words.status_code] == [422] * 3
    assert (done.headers["location"], again.status_code) == (page, 409)
    after = await owner.reads(page)
    assert "by 4.500 kWh" in after
    assert "The load bank" in after
    assert "The owner" in after
    assert scene.moved_minor == 221  # 4.5 kWh at 0.49, rounded up from 2.205
    shown = await owner.reads(f"/console/sessions/{session}")
    assert "Energy billed 4.50 kWh Amount billed €2.21" in shown
    assert "What is billed 4.500" in shown
    assert "Its readings 11.550" in shown
    assert "are billed. The load bank" in shown
    async with scene.begin() as work:
        told = await work.one("SELECT detail FROM audit_view WHERE did LIKE 'decided how%'")
    assert told is not None
    assert told["detail"] == {"choice": "energy", "reason": "The load bank", "energy_wh": "4500"}


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.OPERATOR, 403)])
async def test_who_may_not_move_money_decides_of_no_bill(
    browser: Browser, scene: Scene, role: Role, status: int
) -> None:
    session = await held(scene)
    await sits_down(browser, scene, role)

    answer = await browser.sends(
        f"{HERE}/sessions/{session}/decide", choice="free", reason="For a friend"
    )

    assert answer.status_code == status
    assert await scene.count("review_decision_view") == 0


async def billed_by_its_last_reading(scene: Scene) -> SessionId:
    """A guest's session of 15 kWh, 7.35 EUR, whose end told no register."""
    payment = await scene.pays(await scene.opens())
    session = await scene.starts(payment.token)
    scene.clock.jump(timedelta(minutes=60))
    await scene.meters(65_000)
    await scene.ends(None, seq=3, minutes=1)
    for _ in range(5):
        scene.clock.jump(timedelta(minutes=10))
        await scene.sweeps()
        await scene.settles()
    return session


async def test_what_came_after_a_bill_is_adjusted_beside_its_evidence(
    owner: Browser, scene: Scene
) -> None:
    session = await billed_by_its_last_reading(scene)
    page = f"{HERE}/sessions/{session}"
    assert "After the bill" not in await owner.reads(page)
    await scene.meters(62_000, seq=2)
    assert page in (await owner.opens(HERE)).text

    said = await owner.reads(page)
    silent = await owner.sends(f"{page}/adjust", choice="adjusted", reason="")
    vague = await owner.sends(f"{page}/adjust", choice="perhaps", reason="It came late")
    done = await owner.sends(f"{page}/adjust", choice="adjusted", reason="It came late")
    await scene.settles()

    assert "Billed 15.000 kWh, €7.35 By all that is known now 12.000 kWh, €5.88" in said
    assert [silent.status_code, vague.status_code, done.status_code] == [422, 422, 303]
    after = await owner.reads(page)
    assert "Adjusted by \N{MINUS SIGN}€1.47" in after
    assert "It came late The owner" in after
    assert page not in (await owner.opens(HERE)).text
    assert "\N{MINUS SIGN}€7.35" in await owner.reads("/console/cdrs")


async def test_an_owner_limits_what_is_charged_after_a_bill_and_gives_the_rest_away(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    assert "Nobody is charged after a bill" in await owner.reads(HERE)
    for most, days in (("-1", "3"), ("much", "3"), ("5", "soon"), ("5", "2000"), ("NaN", "1")):
        wrong = await owner.sends(f"{HERE}/charging", most=most, days=days)
        assert wrong.status_code == 422
        assert "Write an amount" in wrong.text
    assert (await owner.sends(f"{HERE}/charging", most="25,00", days="30")).status_code == 303
    assert "25.00 EUR of a session at most, until 30 days after it" in await owner.reads(HERE)

    session = await billed_by_its_last_reading(scene)
    await scene.meters(67_000, seq=2)
    await scene.settles()
    page = f"{HERE}/sessions/{session}"
    assert "Energy: 15 kWh billed, 17 kWh now." in await owner.reads(HERE)
    said = await owner.reads(page)
    assert "Give €0.98 away" in said
    assert "a supplementary invoice" not in said  # a guest's card
    refused = await owner.sends(f"{page}/adjust", choice="charged", reason="It came late")
    assert refused.status_code == 409
    given = await owner.sends(f"{page}/adjust", choice="given", reason="It came late")
    assert given.status_code == 303
    assert "Owed, given away It came late" in await owner.reads(page)

    await sits_down(browser, scene, Role.SUPPORT)
    for path, told in (
        (f"{HERE}/charging", {"most": "9"}),
        (f"{page}/adjust", {"choice": "charged"}),
    ):
        assert (await browser.sends(path, **told)).status_code == 403
