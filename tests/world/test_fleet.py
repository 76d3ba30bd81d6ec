"""Many stations in one process, with cars that come by themselves and buttons to press."""

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.world.central import PATIENCE_S, Central
from tests.world.process import SRC, running
from voltway_world.calling import a_line
from voltway_world.places import places
from voltway_world.serving import Serving
from voltway_world.stations import Options
from voltway_world.stations.control import make_control
from voltway_world.stations.fleet import Fleet
from voltway_world.stations.plan import BadPlan, Plan, Traffic, plan_of_places, read_plan

PLAN: dict[str, Any] = {
    "stations": [
        {"identity": "ST-1", "version": "1.6", "name": "Rathaus", "evses": [{}, {}]},
        {
            "identity": "ST-2",
            "version": "2.0.1",
            "name": "<b>Hafen</b>",
            "evses": [{"power_w": 150_000, "current": "DC", "connector": "CCS"}],
        },
    ],
    "traffic": {"tokens": ["CARD1"]},
}


def a_plan(**changed: Any) -> Plan:
    return read_plan(json.dumps(PLAN | changed).encode())


def still() -> Options:
    return Options(tick_s=0, reconnect_s=0.01, retry_s=0.01, reboot_s=0.01)


@pytest.fixture
async def central() -> AsyncIterator[Central]:
    async with Central() as listening:
        yield listening


@pytest.fixture
async def fleet(central: Central) -> AsyncIterator[Fleet]:
    async with Fleet(central.url, a_plan(), options=still) as stations:
        async with asyncio.timeout(PATIENCE_S):
            await stations.online()
        yield stations


@pytest.fixture
async def hands(fleet: Fleet) -> AsyncIterator[httpx.AsyncClient]:
    serving = Serving(make_control(fleet))
    async with a_line(base_url=await serving.start()) as client:
        yield client
    await serving.stop()


async def test_a_session_is_made_by_buttons(hands: httpx.AsyncClient, central: Central) -> None:
    port = "/api/stations/ST-2/evses/1"
    plugged = await hands.post(f"{port}/plug", json={"car": "hyundai-ioniq-5", "soc": 20})
    assert plugged.json()["state"] == "Plugged in"
    await hands.post(f"{port}/present", json={"token": "CARD1"})
    await central.hears("TransactionEvent", 1, "ST-2")

    bay = (await hands.get("/api/stations/ST-2")).json()["evses"][0]
    assert (bay["state"], bay["car"]["name"]) == ("Charging", "Hyundai IONIQ 5")
    assert bay["session"]["token"] == "CARD1"
    # The real car takes more than this station can give.
    assert bay["power_w"] == 150_000

    assert (await hands.post(f"{port}/unplug")).json()["state"] == "Available"
    await central.hears("TransactionEvent", 2, "ST-2")


async def test_what_cannot_be_done_is_said_so(hands: httpx.AsyncClient) -> None:
    port = "/api/stations/ST-1/evses/1"
    nothing = await hands.post(f"{port}/unplug")
    assert (nothing.status_code, nothing.json()) == (
        409,
        {"error": "No car is plugged into EVSE 1."},
    )
    assert (await hands.post(f"{port}/plug", json={"car": "bicycle"})).status_code == 409
    assert (await hands.post(f"{port}/plug", json={"soc": 700})).status_code == 409
    assert (await hands.post(f"{port}/plug", content=b"{")).status_code == 409
    assert (await hands.post("/api/stations/ST-1/evses/9/plug")).status_code == 409
    assert (await hands.post("/api/stations/ST-9/evses/1/plug")).status_code == 404
    assert (await hands.post(f"{port}/explode")).status_code == 404


async def test_the_line_is_cut_and_mended_by_buttons(
    hands: httpx.AsyncClient, fleet: Fleet
) -> None:
    gone = (await hands.post("/api/stations/ST-1/offline")).json()
    assert (gone["online"], gone["wants_line"]) == (False, False)
    await hands.post("/api/stations/ST-1/online")
    async with asyncio.timeout(PATIENCE_S):
        await fleet["ST-1"].online()


async def test_the_page_works_without_a_script_and_escapes_names(
    hands: httpx.AsyncClient,
) -> None:
    page = await hands.get("/")
    assert "&lt;b&gt;Hafen&lt;/b&gt;" in page.text
    assert "script-src 'self'" in page.headers["Content-Security-Policy"]

    form = {"car": "renault-zoe", "soc": "50", "token": "CARD1"}
    pressed = await hands.post("/do/ST-1/evses/2/plug", data=form)
    assert (pressed.status_code, pressed.headers["Location"]) == (303, "/")
    one = await hands.get("/stations/ST-1")
    assert 'data-state="Plugged in"' in one.text
    again = await hands.post("/do/ST-1/evses/2/plug", data=form)
    assert again.status_code == 409
    assert "A car is plugged into EVSE 2 already." in again.text


async def test_a_button_on_a_page_of_voltway_leads_back_to_it(
    hands: httpx.AsyncClient, fleet: Fleet
) -> None:
    visit = "http://localhost:8080/v/a-key"
    page = (await hands.get("/stations/ST-1", params={"bay": "2", "back": visit})).text
    assert page.count(f'name="back" value="{visit}"') == 1
    assert page.count("data-evse") == page.count('data-evse="2"') == 1

    plugged = await hands.post("/do/ST-1/evses/2/plug", data={"back": visit})
    assert (plugged.status_code, plugged.headers["Location"]) == (303, visit)
    assert fleet["ST-1"].post.waiting == 0, "Voltway was told of it"
    again = await hands.post("/do/ST-1/evses/2/plug", data={"back": visit})
    assert again.status_code == 409
    assert f'href="{visit}"' in again.text

    for elsewhere in ("https://evil.example/v/x", "javascript:alert(1)", "http://x;y@localhost/"):
        await hands.post("/do/ST-1/evses/2/unplug")
        sent = await hands.post("/do/ST-1/evses/2/plug", data={"back": elsewhere})
        assert (sent.status_code, sent.headers["Location"]) == (303, "/")


async def test_cars_come_and_go_by_themselves(central: Central) -> None:
    stations = [station | {"traffic": True} for station in PLAN["stations"]]
    traffic = {"tokens": ["CARD1", "CARD2"], "pause_s": [0, 0.01], "stay_s": [300, 400]}
    plan = a_plan(stations=stations, traffic=traffic, meter_interval_s=0.01)
    async with Fleet(
        central.url, plan, speed=1000, options=lambda: Options(tick_s=0.01, meter_interval_s=0.05)
    ):
        await central.hears("StopTransaction")
        await central.until(
            lambda: any(e["eventType"] == "Ended" for e in central.said("TransactionEvent", "ST-2"))
        )
    assert {s["idTag"] for s in central.said("StartTransaction")} <= {"CARD1", "CARD2"}
    assert central.said("MeterValues") != []


async def test_a_regular_comes_again_and_again_and_shows_what_it_has(central: Central) -> None:
    car = {"station": "ST-2", "uid": "DE-VWD-C1", "kind": "eMAID", "contract": "its certificate"}
    traffic = {"pause_s": [0, 0.01], "stay_s": [300, 400]}
    plan = a_plan(regulars=[car], traffic=traffic)
    async with Fleet(central.url, plan, speed=1000, options=lambda: Options(tick_s=0.01)):
        shown, *_ = await central.hears("Authorize", 2, "ST-2")

    assert central.said("Authorize", "ST-1") == []
    assert shown["idToken"] == {"idToken": "DE-VWD-C1", "type": "eMAID"}
    assert shown["certificate"] == "its certificate"
    with pytest.raises(BadPlan, match="there is no station ST-9"):
        a_plan(regulars=[car | {"station": "ST-9"}])


async def test_two_hundred_stations_live_in_one_process(central: Central) -> None:
    stations = [{"identity": f"ST-{n}", "version": "1.6" if n % 2 else "2.0.1"} for n in range(200)]
    async with Fleet(central.url, a_plan(stations=stations), options=still) as fleet:
        async with asyncio.timeout(30):
            await fleet.online()
            await asyncio.gather(*(s.settled() for s in fleet.stations.values()))
    assert central.boots == 200


def test_meters_sign_with_the_same_key_after_the_world_started_again() -> None:
    plan = plan_of_places({}, Traffic(), meters={"VW-BER-GARTEN": "1f" * 31})

    def keys_of_meters() -> set[str]:
        bays = Fleet("ws://127.0.0.1:9", plan)["VW-BER-GARTEN"].forecourt.bays.values()
        return {bay.spec.meter.public_key for bay in bays if bay.spec.meter is not None}

    assert len(keys_of_meters()) == 1
    assert keys_of_meters() == keys_of_meters()
    assert sum(station.meter_secret is not None for station in plan.stations) == 1


def test_the_twelve_places_make_a_plan() -> None:
    keys = {place.identity: "k" * 20 for place in places()}
    plan = plan_of_places(keys, Traffic(tokens=["A"]), busy={"VW-BER-GARTEN"})

    assert len(plan.stations) == 12
    assert sum(station.version == "1.6" for station in plan.stations) == 6
    assert {len(station.evses) for station in plan.stations} == {1, 2, 3, 4}
    assert [station.identity for station in plan.stations if station.traffic] == ["VW-BER-GARTEN"]
    assert {place.city for place in places()} == {"Berlin", "Hamburg", "München"}
    for place in places():
        assert 47 < float(place.lat) < 55
        assert 8 < float(place.lon) < 14


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("{", "cannot be read", id="no JSON"),
        pytest.param('{"stations": [{"version": "1.6"}]}', "identity", id="no identity"),
        pytest.param('{"stations": [{"identity": "A", "version": "1.5"}]}', "1.5", id="1.5"),
        pytest.param(
            '{"stations": [{"identity": "A"}, {"identity": "A"}]}', "A twice", id="a double"
        ),
    ],
)
def test_a_bad_plan_is_explained(text: str, says: str) -> None:
    with pytest.raises(BadPlan, match=says):
        read_plan(text.encode())


async def test_the_fleet_runs_as_a_process_of_its_own(tmp_path: Path, central: Central) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN))
    options = ("--url", central.url, "--plan", str(plan), "--speed", "20")
    async with (
        running("voltway_world.stations", *options) as line,
        a_line() as client,
    ):
        word, url = line.split()
        assert word == "ready"
        await central.hears("BootNotification", 1, "ST-2")
        stations = (await client.get(f"{url}/api/stations")).json()
        assert [station["identity"] for station in stations] == ["ST-1", "ST-2"]
        assert (await client.get(f"{url}/control.js")).status_code == 200


async def test_a_fleet_that_is_stopped_ends_its_sessions_and_keeps_its_registers(
    tmp_path: Path, central: Central
) -> None:
    plan = tmp_path / "plan.json"
    plan.write_text(json.dumps(PLAN | {"meter_interval_s": 1}))
    options = ("--url", central.url, "--plan", str(plan), "--speed", "100")
    async with (
        running("voltway_world.stations", *options) as line,
        a_line(base_url=line.split()[1]) as hands,
    ):
        await central.hears("StatusNotification", 3)
        await hands.post("/api/stations/ST-1/evses/1/plug", json={})
        await hands.post("/api/stations/ST-1/evses/1/present", json={"token": "CARD1"})
        start = (await central.hears("StartTransaction"))[0]
        await central.hears("MeterValues")
    stop = (await central.hears("StopTransaction"))[0]
    assert stop["reason"] == "PowerLoss"

    async with (
        running("voltway_world.stations", *options) as line,
        a_line(base_url=line.split()[1]) as hands,
    ):
        bay = (await hands.get("/api/stations/ST-1")).json()["evses"][0]
    assert bay["register_wh"] == stop["meterStop"] > start["meterStart"]


@pytest.mark.parametrize(
    ("module", "options", "says"),
    [
        pytest.param(
            "stations",
            ("--url", "ws://127.0.0.1:1", "--plan", "/nowhere.json"),
            "The stations cannot start: [Errno 2] No such file or directory: '/nowhere.json'.",
            id="no plan",
        ),
        pytest.param(
            "provider",
            ("--secret", "k", "--data", "/proc/nowhere"),
            "The provider cannot start: [Errno 2]",
            id="no folder for the journal",
        ),
        pytest.param(
            "mail",
            ("--data", "/tmp", "--smtp", "mailhost"),
            "'mailhost' is not an address like 127.0.0.1:8080",
            id="no address",
        ),
    ],
)
async def test_a_program_that_cannot_start_says_why_in_one_sentence(
    module: str, options: tuple[str, ...], says: str
) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", f"voltway_world.{module}", *options),
        env={**os.environ, "PYTHONPATH": str(SRC)},
        stderr=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(PATIENCE_S):
        _, told = await process.communicate()
    assert process.returncode == 2
    assert says in told.decode()
    assert "Traceback" not in told.decode()


def test_the_outside_imports_nothing_of_voltway() -> None:
    for file in (SRC / "voltway_world").rglob("*.py"):
        for line in file.read_text().splitlines():
            words = line.split()
            if words[:1] in (["import"], ["from"]):
                assert words[1].split(".")[0] != "voltway", f"{file.name}: {line}"
