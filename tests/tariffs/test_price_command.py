"""The command line prices a session, and says in one sentence what keeps it from doing so."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from voltway.cli.price import price_command

CASES = {
    case["id"]: case
    for case in map(
        json.loads,
        (Path(__file__).parent.parent / "cases" / "tariffs.jsonl").read_text().splitlines(),
    )
}


def run(tariff: Path, session: Path, zone: str = "UTC") -> Result:
    app = typer.Typer()
    app.command("price")(price_command)
    words = ["--tariff", str(tariff), "--session", str(session), "--zone", zone]
    return CliRunner().invoke(app, words)


def files(folder: Path, name: str = "spec221/start-fee") -> tuple[Path, Path]:
    tariff, session = folder / "tariff.json", folder / "session.json"
    tariff.write_text(json.dumps(CASES[name]["tariff"]))
    session.write_text(json.dumps(CASES[name]["cdr"]))
    return tariff, session


def test_it_prints_one_object_with_exact_strings(tmp_path: Path) -> None:
    result = run(*files(tmp_path))

    assert result.exit_code == 0
    told = json.loads(result.stdout)
    assert told["currency"] == "EUR"
    assert told["total_cost"] == {"before_taxes": "5.50", "after_taxes": "6.10"}
    assert told["payable"] == "6.10"
    energy, flat = told["lines"]
    assert energy["dimension"] == "ENERGY"
    assert (energy["element"], energy["volume"], energy["billed_volume"]) == (0, "20", "20")
    assert (energy["price"], energy["cost"], energy["tax"]) == ("0.25", "5.00", "0.50")
    assert (flat["dimension"], flat["cost"], flat["tax"]) == ("FLAT", "0.50", "0.10")


def test_it_prints_what_a_limit_took_off(tmp_path: Path) -> None:
    told = json.loads(run(*files(tmp_path, "spec221/max-price-binding")).stdout)

    assert told["payable"] == "11.00"
    assert told["limits"][0]["cost"] == "-3.00"


SPOILED: list[Any] = [
    pytest.param('{"id": "a",\n "currency": }', "line 2, column 14", id="broken JSON"),
    pytest.param("", "not JSON", id="an empty file"),
    pytest.param("[" * 100_000, "nested too deep", id="a bottomless list"),
    pytest.param('{"id": "a", "currency": "EUR"}', "elements", id="no elements"),
    pytest.param('{"id": "a", "currency": "EUR", "elements": []}', "elements", id="none"),
    pytest.param('{"id": "a", "currency": "eur", "elements": []}', "currency", id="small"),
    pytest.param("[]", "its top", id="a list"),
    pytest.param('{"id": NaN}', "NaN", id="a number that is none"),
    pytest.param('{"id": 1e999999999}', "1e999999999", id="a number without end"),
]


@pytest.mark.parametrize(("text", "named"), SPOILED)
def test_a_bad_tariff_is_one_sentence_and_exit_2(tmp_path: Path, text: str, named: str) -> None:
    tariff, session = files(tmp_path)
    tariff.write_text(text)

    said_plainly(run(tariff, session), "tariff.json", named)


FAULTS: list[Any] = [
    ("price", -1, "elements[0].price_components[0].price"),
    ("price", "cheap", "elements[0].price_components[0].price"),
    ("vat", 101, "elements[0].price_components[0].vat"),
    ("type", "WATER", "elements[0].price_components[0].type"),
    ("step_size", 1.5, "elements[0].price_components[0].step_size"),
]


@pytest.mark.parametrize(("field", "value", "named"), FAULTS, ids=lambda value: str(value))
def test_a_bad_field_is_named(tmp_path: Path, field: str, value: object, named: str) -> None:
    tariff, session = files(tmp_path)
    document = json.loads(tariff.read_text())
    document["elements"][0]["price_components"][0][field] = value
    tariff.write_text(json.dumps(document))

    said_plainly(run(tariff, session), "tariff.json", named)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("start_time", "25:00"),
        ("end_date", "2026-02-30"),
        ("day_of_week", ["MONTAG"]),
        ("min_duration", -1),
        ("reservation", "MAYBE"),
    ],
)
def test_a_bad_restriction_is_named(tmp_path: Path, field: str, value: object) -> None:
    tariff, session = files(tmp_path)
    document = json.loads(tariff.read_text())
    document["elements"][0]["restrictions"] = {field: value}
    tariff.write_text(json.dumps(document))

    said_plainly(run(tariff, session), "tariff.json", f"elements[0].restrictions.{field}")


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"charging_periods": None}, "charging_periods"),
        ({"end_date_time": "2019-02-04T11:00:00Z"}, "end_date_time"),
        ({"end_date_time": "2029-02-04T11:00:00Z"}, "end_date_time"),
        ({"end_date_time": "soon"}, "end_date_time"),
        ({"charging_periods": [{"start_date_time": "x", "dimensions": []}]}, "charging_periods[0]"),
    ],
    ids=str,
)
def test_a_bad_session_is_named(tmp_path: Path, change: dict[str, object], named: str) -> None:
    tariff, session = files(tmp_path)
    session.write_text(json.dumps(json.loads(session.read_text()) | change))

    said_plainly(run(tariff, session), "session.json", named)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    tariff, session = files(tmp_path)
    session.unlink()

    said_plainly(run(tariff, session), "session.json", "no such file")


@pytest.mark.parametrize("zone", ["Mars/Olympus", "", "../../etc/passwd", "Europe"])
def test_a_missing_zone_is_named(tmp_path: Path, zone: str) -> None:
    said_plainly(run(*files(tmp_path), zone), "--zone", "time zone")


def said_plainly(result: Result, *named: str) -> None:
    assert result.exit_code == 2, result.output
    assert isinstance(result.exception, SystemExit)
    assert result.stdout == ""
    assert len(result.stderr.splitlines()) == 1, result.stderr
    for word in named:
        assert word in result.stderr
    assert result.stderr.rstrip().endswith(".")
