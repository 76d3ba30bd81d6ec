"""The page of jobs: what waits, what failed and why, who may try it again."""

from collections.abc import Mapping

import msgspec
import pytest

from tests.billing.words import charged
from tests.network import a_party
from tests.payments.scene import Scene
from tests.web.browsers import Browser, words_of
from tests.web.conftest import sits_down
from voltway.kernel.ids import PartyId, SessionId, new_id
from voltway.kernel.units import EnergyWh
from voltway.parties.model import Role
from voltway.runtime import outbox
from voltway.runtime.database import Database
from voltway.runtime.jobs import FAULT_TRIES_MAX, Jobs
from voltway.runtime.work import BeginWork, Job
from voltway.sessions.model import SessionEnded
from voltway_world.provider.faults import Fault

EVIL = "<script>alert(1)</script>"
HERE = "/console/jobs"


async def fails(
    scene: Scene,
    database: Database,
    *names: str,
    kind: str = "send_alert",
    why: str = "The paper is out",
    party: PartyId | None = None,
) -> None:
    """Jobs that were tried often enough."""

    async def broken(begin: BeginWork, body: Mapping[str, str]) -> None:
        raise ValueError(why)

    whose = party or scene.station.party.id
    jobs = Jobs(database, back_off_s=0.0)
    jobs.handle(kind, broken)
    for name in names:
        async with scene.begin() as work:
            await work.enqueue(Job(kind, f"{kind}:{name}", {"alert": name}, party=whose))
        for _ in range(FAULT_TRIES_MAX):
            with pytest.raises(ValueError, match=r"."):
                await jobs.catch_up()


async def lays_aside(
    scene: Scene, session: SessionId, *, why: str = "No such thing", party: PartyId | None = None
) -> None:
    """The end of a session, which billing could not take."""
    whose = party or scene.station.party.id
    fact = SessionEnded(
        party=whose,
        at=scene.now,
        session=session,
        energy_wh=EnergyWh(1),
        reason="Local",
        complete=True,
    )
    row = {
        "party_id": whose,
        "subject": fact.subject,
        "kind": "SessionEnded",
        "body": msgspec.json.encode(fact).decode(),
        "at": scene.now,
    }
    async with scene.begin() as work:
        number = await work.one("SELECT count(*) + 1 AS n FROM dead_fact")
        assert number is not None
        await outbox.bury(work, "billing.ended", outbox.Told(number["n"], row), why)


async def count(browser: Browser) -> str:
    """What the rail says beside the word Jobs."""
    page = (await browser.opens("/console")).text
    beside = page.split(f'href="{HERE}"')[1].split("</a>")[0]
    return beside.split('class="count">')[1].split("<")[0] if "count" in beside else ""


def action_of(page: str, before: str) -> str:
    """Where the form goes that begins like this."""
    return before + page.split(f'action="{before}')[1].split('"')[0]


async def test_nothing_waits_and_the_page_says_so(owner: Browser) -> None:
    said = await owner.reads(HERE)

    assert "No job waits, runs or has failed" in said
    assert "No job has failed" in said
    assert "Nothing waits and nothing runs" in said
    assert "Every fact was taken" in said
    assert await count(owner) == ""


async def test_a_failed_job_says_why_and_is_done_when_it_is_tried_again(
    owner: Browser, scene: Scene, database: Database
) -> None:
    await fails(scene, database, "letter-1")
    said = await owner.reads(HERE)
    assert "Send a mail" in said
    assert "letter-1" in said
    assert "ValueError: The paper is out" in said
    assert await count(owner) == "1"

    page = (await owner.opens(HERE)).text
    asked = await owner.sends(action_of(page.split('id="failed"')[1], f"{HERE}/"))
    assert asked.headers["location"] == HERE
    assert "No job has failed" in await owner.reads(HERE)
    assert await count(owner) == ""
    assert await scene.count("audit_view WHERE did = 'tried a job again'") == 1

    done: list[str] = []

    async def sends(begin: BeginWork, body: Mapping[str, str]) -> None:
        done.append(body["alert"])

    jobs = Jobs(database)
    jobs.handle("send_alert", sends)
    await jobs.catch_up()
    assert done == ["letter-1"]
    assert "Nothing waits and nothing runs" in await owner.reads(HERE)


async def test_all_failed_jobs_of_a_kind_are_tried_again_and_no_others(
    owner: Browser, scene: Scene, database: Database
) -> None:
    await fails(scene, database, "letter-1", "letter-2")
    await fails(scene, database, "other", kind="settle")

    asked = await owner.sends(f"{HERE}/again", kind="send_alert")
    again = await owner.sends(f"{HERE}/again", kind="send_alert")

    assert asked.headers["location"] == HERE
    assert again.status_code == 404
    assert await scene.count("pgqueuer WHERE status = 'queued'") == 2
    assert await count(owner) == "1"
    assert await scene.count("audit_view WHERE did = 'tried all jobs of a kind again'") == 1


async def test_a_settlement_that_rests_is_seen_waiting_with_the_way_to_its_session(
    owner: Browser, scene: Scene
) -> None:
    _, _, session = await charged(scene)
    scene.bank.faults.set([Fault(on="capture", kind="error_500", times=1)])
    await scene.settles()

    answer = await owner.opens(HERE)

    assert "Settle a session" in words_of(answer.text)
    assert f'href="/console/sessions/{session}"' in answer.text
    assert "waiting" in words_of(answer.text)
    assert await count(owner) == ""


async def test_a_fact_that_was_laid_aside_is_told_again(owner: Browser, scene: Scene) -> None:
    session = SessionId(new_id(scene.now))
    await lays_aside(scene, session)
    answer = await owner.opens(HERE)
    said = words_of(answer.text)
    assert "SessionEnded" in said
    assert "No such thing" in said
    assert f'href="/console/sessions/{session}"' in answer.text
    assert await count(owner) == "1"

    asked = await owner.sends(action_of(answer.text, f"{HERE}/facts/"))
    assert asked.headers["location"] == HERE
    assert "waits to be told" in await owner.reads(HERE)
    await scene.jobs.catch_up()

    assert "Every fact was taken" in await owner.reads(HERE)
    assert await scene.count("settlement_view") == 1, "billing has heard of the end"
    assert await scene.count("audit_view WHERE did = 'told a fact again'") == 1


async def test_all_facts_of_a_kind_are_told_again(owner: Browser, scene: Scene) -> None:
    for _ in range(3):
        await lays_aside(scene, SessionId(new_id(scene.now)))

    asked = await owner.sends(f"{HERE}/facts/again", watcher="billing.ended", kind="SessionEnded")
    other = await owner.sends(f"{HERE}/facts/again", watcher="alerts", kind="SessionEnded")
    await scene.jobs.catch_up()

    assert asked.headers["location"] == HERE
    assert other.status_code == 404
    assert "Every fact was taken" in await owner.reads(HERE)
    assert await scene.count("settlement_view") == 3


@pytest.mark.parametrize(("role", "status"), [(Role.VIEWER, 403), (Role.OWNER, 303)])
async def test_a_job_is_tried_again_only_by_a_role_that_may(
    browser: Browser, scene: Scene, database: Database, role: Role, status: int
) -> None:
    await fails(scene, database, "letter-1")
    await lays_aside(scene, SessionId(new_id(scene.now)))
    await sits_down(browser, scene, role)

    page = (await browser.opens(HERE)).text
    one = await browser.sends(f"{HERE}/again", kind="send_alert")
    fact = await browser.sends(f"{HERE}/facts/again", watcher="billing.ended", kind="SessionEnded")

    assert "letter-1" in page
    assert ("/again" in page) == (status == 303)
    assert one.status_code == fact.status_code == status


async def test_another_party_s_jobs_and_facts_are_not_there(
    owner: Browser, scene: Scene, database: Database
) -> None:
    async with scene.begin() as work:
        other = await a_party(work, name="Another Oy")
    await fails(scene, database, "THEIRS", party=other.id)
    await lays_aside(scene, SessionId(new_id(scene.now)), why="THEIR fact", party=other.id)
    async with scene.begin() as work:
        job = await work.one("SELECT id FROM pgqueuer")
        fact = await work.one("SELECT id FROM dead_fact")
    assert job is not None
    assert fact is not None

    said = await owner.reads(HERE)
    answers = [
        await owner.sends(f"{HERE}/{job['id']}/again"),
        await owner.sends(f"{HERE}/again", kind="send_alert"),
        await owner.sends(f"{HERE}/facts/{fact['id']}/again"),
    ]

    assert "THEIR" not in said
    assert await count(owner) == ""
    assert [each.status_code for each in answers] == [404, 404, 404]
    assert await scene.count("pgqueuer WHERE status = 'failed'") == 1


async def test_hostile_text_is_shown_as_text(
    owner: Browser, scene: Scene, database: Database
) -> None:
    await fails(scene, database, EVIL, kind=EVIL, why=EVIL)
    await lays_aside(scene, SessionId(new_id(scene.now)), why=EVIL)

    page = (await owner.opens(HERE)).text

    assert "<script>alert" not in page
    assert page.count("&lt;script&gt;alert(1)") >= 4
