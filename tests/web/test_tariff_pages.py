"""Tariffs at the console: in, out, simulated, and the markets that they follow."""

import json
from datetime import UTC, date, datetime, timedelta
from typing import Any

from httpx import Response

from tests.payments.scene import TARIFF, Scene
from tests.web.browsers import HERE, Browser, words_of
from tests.web.conftest import sits_down
from voltway.billing import simulation_runs
from voltway.billing.model_simulations import SimulatedDay, Sums
from voltway.billing.simulating import Simulation
from voltway.kernel.ids import TransactionRef
from voltway.kernel.money import EUR
from voltway.parties.model import Role
from voltway.stations.reports import Context, Metered
from voltway.tariffs import actions as tariffs
from voltway.web.console.tariff_simulator import seen
from voltway.web.formats import Formats
from voltway.web.words import locale

NIGHT = """[{"id": "NIGHT", "currency": "EUR", "elements": [
    {"price_components": [{"type": "ENERGY", "price": 0.49, "vat": 25.5, "step_size": 1}]},
    {"price_components": [{"type": "ENERGY", "price": 0.29, "step_size": 1}],
     "restrictions": {"start_time": "22:00", "end_time": "06:00"}}]}]"""

CSV = "begins,price\n2026-03-02T12:00:00Z,82.30\n2026-03-02T12:15:00Z,-5\n"


async def gives(browser: Browser, path: str, file: str = "", **fields: str) -> Response:
    """A form with a file in it."""
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin", "Origin": HERE}
    files = {"file": ("given.txt", file.encode())}
    return await browser.client.post(path, data=fields, files=files, headers=headers)


async def test_a_document_is_looked_over_before_it_is_kept(owner: Browser, scene: Scene) -> None:
    looked = await gives(owner, "/console/tariffs/import", NIGHT)
    said = words_of(looked.text)

    assert looked.status_code == 200
    assert "Element 2 never prices energy: element 1 comes always before it." in said
    assert await scene.count("tariff_view WHERE tariff_ident = 'NIGHT'") == 0

    kept = await gives(owner, "/console/tariffs/import", keep="yes", text=NIGHT)
    assert kept.status_code == 303
    assert "NIGHT" in await owner.reads("/console/tariffs")


async def test_a_bad_document_is_refused_and_what_was_typed_stays(owner: Browser) -> None:
    bad = NIGHT.replace("ENERGY", "WIND")
    answer = await gives(owner, "/console/tariffs/import", text=bad)

    assert answer.status_code == 422
    assert "Tariff 1 of 1: The tariff has a fault at elements[0].price_components[0].type" in (
        words_of(answer.text)
    )
    assert "WIND" in answer.text


async def test_a_viewer_adds_no_tariff_and_sees_no_money(browser: Browser, scene: Scene) -> None:
    await sits_down(browser, scene, Role.VIEWER)
    for path in ("/console/tariffs/import", "/console/tariffs/markets"):
        assert (await gives(browser, path, NIGHT, keep="yes")).status_code == 403
    assert (await browser.opens("/console/tariffs/simulate")).status_code == 403


async def test_tariffs_go_out_as_a_file_of_ocpi(owner: Browser) -> None:
    answer = await owner.opens("/console/tariffs/export?ocpi=2.3.0")

    assert "attachment" in answer.headers["content-disposition"]
    (tariff,) = json.loads(answer.text)
    assert (tariff["id"], tariff["tax_included"]) == ("DAY", "YES")
    refused = await owner.opens("/console/tariffs/export?ocpi=2.2.1")
    assert refused.status_code == 422
    assert "OCPI 2.2.1 cannot say prices that include tax of tariff DAY." in words_of(refused.text)


async def test_the_simulator_compares_past_sessions_and_says_why(
    owner: Browser, scene: Scene
) -> None:
    visit = await scene.opens()
    payment = await scene.pays(visit)
    await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    assert "A draft, below" in await owner.reads("/console/tariffs/simulate")

    draft = TARIFF.replace("0.49", "0.59")
    answer = await owner.sends(
        "/console/tariffs/simulate", first="2026-03-01", last="2026-03-02", text=draft
    )
    said = words_of(answer.text)

    assert answer.status_code == 200
    assert "€9.80" in said
    assert "€11.80" in said
    assert "+€2.00" in said
    assert "+20.4 %" in said
    assert "Element 1 always holds." in said


async def test_the_simulator_says_what_is_missing(owner: Browser) -> None:
    none = await owner.sends("/console/tariffs/simulate", first="2026-03-01", last="2026-03-02")
    day = await owner.sends("/console/tariffs/simulate", first="soon", last="", tariff="DAY")

    assert none.status_code == day.status_code == 422
    assert "Choose a tariff, or paste the OCPI document" in words_of(none.text)
    assert "Give both days" in words_of(day.text)


async def test_prices_of_a_market_are_added_shown_and_refused_with_their_line(
    owner: Browser,
) -> None:
    how = {"series": "NP-FI", "minutes": "15", "unit": "MWh", "correct": "no"}
    added = await gives(owner, "/console/tariffs/markets", CSV, **how)
    again = await gives(owner, "/console/tariffs/markets", CSV, **how)
    hole = CSV.replace("12:15", "12:30")
    wrong = await gives(owner, "/console/tariffs/markets", hole, **how)

    assert "NP-FI: 2 prices added, 0 known already" in words_of(added.text)
    assert "0 prices added, 2 known already" in words_of(again.text)
    assert wrong.status_code == 409
    assert "there is no price until 2026-03-02 12:30" in words_of(wrong.text)
    assert "€0.0823 per kWh" in await owner.reads("/console/tariffs/markets")


async def test_a_driver_sees_the_price_of_the_market_and_of_the_next_hours(
    owner: Browser, scene: Scene
) -> None:
    how = {"series": "NP-FI", "minutes": "15", "unit": "MWh"}
    await gives(owner, "/console/tariffs/markets", CSV, **how)
    spot = TARIFF.replace(
        '"price": 0.49,', '"price": 0.60, "voltway_spot": {"series": "NP-FI", "markup": 0.2},'
    ).replace("]}]}", '], "voltway_idle": {"grace": 1200, "cap": 12}}]}')
    spot = json.dumps(_apart(json.loads(spot)))
    assert (await gives(owner, "/console/tariffs/import", keep="yes", text=spot)).is_redirect
    bay = scene.station.evses[1].public_id
    said = words_of((await owner.opens(f"/e/{bay}")).text)

    assert "€0.2823 per kWh, now, follows the market, at most €0.60" in said
    assert "after 20 free minutes, at most €12.00" in said
    assert "Price of the next hours" in said
    assert "€0.195" in said


async def test_a_driver_who_stands_sees_until_when_it_is_free(
    browser: Browser, scene: Scene
) -> None:
    fee = json.loads(TARIFF)["elements"][0]["price_components"]
    elements = [
        {"price_components": fee[:1]},
        {"price_components": fee[1:], "voltway_idle": {"grace": 1200, "cap": 12}},
    ]
    async with scene.begin() as work:
        told = json.dumps(json.loads(TARIFF) | {"elements": elements})
        await tariffs.add_version(work, scene.station.party.id, told)
    visit = await scene.opens()
    await scene.starts((await scene.pays(visit)).token)
    scene.clock.jump(timedelta(minutes=30))
    full = (scene.reading(60_000, Context.PERIODIC),)
    await scene.told(
        Metered(
            ref=TransactionRef("tx-1"),
            evse=1,
            readings=full,
            at=scene.now,
            seq=1,
            charging=False,
            by_vehicle=True,
        )
    )
    await scene.bus.catch_up()
    path = f"/v/{visit.visit_key}"

    assert (
        "Unplug before 14:50 and it stays at €4.90. Then €0.10 per min, at most €12.00."
        in await browser.reads(path)
    )
    scene.clock.jump(timedelta(minutes=25))
    await scene.meters(60_000, seq=2)
    assert "The idle fee has run since 14:50: €0.10 per min" in await browser.reads(path)


def _apart(tariff: dict[str, Any]) -> dict[str, Any]:
    """Energy in one element, the idle fee in another."""
    (both,) = tariff["elements"]
    energy, parking = both.pop("price_components")
    idle = {"price_components": [parking], "voltway_idle": both["voltway_idle"]}
    return tariff | {"elements": [{"price_components": [energy]}, idle]}


async def test_very_many_days_are_simulated_on_a_page_of_their_own(
    owner: Browser, browser: Browser, scene: Scene
) -> None:
    payment = await scene.pays(await scene.opens())
    await scene.starts(payment.token)
    await scene.ends(70_000, minutes=60)
    await scene.settles()
    draft = TARIFF.replace("0.49", "0.59")
    asked = {"first": "2025-06-01", "last": "2026-03-02", "text": draft}

    answer = await owner.sends("/console/tariffs/simulate", **asked)
    assert answer.status_code == 303, words_of(answer.text)
    at = answer.headers["location"]
    waits = await owner.reads(at)
    await simulation_runs.run_job(scene.begin, {"run": at.rsplit("/", maxsplit=1)[1]})
    over = await owner.reads(at)
    listed = await owner.reads("/console/tariffs/simulate")
    long = await owner.sends("/console/tariffs/simulate", **{**asked, "first": "2001-01-01"})

    assert "Simulation of DAY 2025-06-01 to 2026-03-02" in waits
    assert "Waits to begin 0 of 1 sessions" in waits
    for said in ("€9.80", "€11.80", "+€2.00", "+20.4 %", "Element 1 always holds."):
        assert said in over
    assert "Large simulations" in listed
    assert "2025-06-01 to 2026-03-02 done 1" in listed
    assert long.status_code == 422
    assert "Choose days that follow each other, 1100 at most." in words_of(long.text)
    await sits_down(browser, scene, Role.VIEWER)
    assert (await browser.opens(at)).status_code == 403


def test_very_many_days_are_drawn_as_months() -> None:
    days = [SimulatedDay(date(2026, 1, 1) + timedelta(days=nth), 100, 150) for nth in range(63)]
    formats = Formats(locale("en"), datetime(2026, 3, 2, tzinfo=UTC))

    drawn = [
        seen(
            Simulation(
                currency=EUR,
                first=days[0].day,
                last=some[-1].day,
                sessions=(),
                left_out=0,
                sums=Sums(days=tuple(some)),
            ),
            formats,
        )["bars"]
        for some in (days[:62], days)
    ]

    assert [len(bars) for bars in drawn] == [62, 3]
    assert [(bar.word, bar.old) for bar in drawn[1]] == [
        ("2026-01", "€31.00"),
        ("2026-02", "€28.00"),
        ("2026-03", "€4.00"),
    ]
    assert drawn[1][0].new_y == 0, "the highest fills the picture"
