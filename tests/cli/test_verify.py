"""``voltway verify``: all sixty-three records, from files, with keys in their ways."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from tests.evidence.signing import Meter
from voltway.cli.main import app

CASES = Path(__file__).resolve().parents[1] / "cases" / "ocmf.jsonl"

Verify = Callable[..., tuple[int, str]]


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    def run(text: str, *words: str) -> tuple[int, str]:
        file = tmp_path / "record.txt"
        file.write_bytes(text.encode())
        done = CliRunner().invoke(app, ["verify", str(file), *words], standalone_mode=False)
        return (done.return_value if done.return_value is not None else done.exit_code), done.output

    return run


def test_all_sixty_three_records_are_judged_as_they_are_known_to_be(verify: Verify) -> None:
    right = 0
    for line in CASES.read_text().splitlines():
        case = json.loads(line)
        status, told = verify(case["ocmf"], "--key", case["public_key_hex"], "--json")
        verdict = json.loads(told)["verdict"]
        assert (status == 0) == (verdict == "valid")
        right += (verdict in ("valid", "not_billable")) == (case["expected"] == "valid")

    assert right == 63


def test_the_xml_of_the_transparency_software_is_read_and_its_key_not_trusted(
    verify: Verify, tmp_path: Path
) -> None:
    meter = Meter()
    xml = (
        f"<values><value><signedData>{meter.ocmf()}</signedData>"
        f"<publicKey>{meter.public}</publicKey></value></values>"
    )
    key = tmp_path / "key.txt"
    key.write_text(meter.public)

    status, told = verify(xml)
    assert status == 1
    assert told.startswith("not checked\nNo key is registered")
    assert meter.public in told
    status, told = verify(xml, "--key", str(key))
    assert status == 0
    assert told.splitlines()[:2] == ["valid", "Energy: 12.800 kWh"]
    assert verify(xml, "--key", Meter().public)[0] == 1


def test_what_cannot_be_done_is_a_sentence(verify: Verify, tmp_path: Path) -> None:
    meter = Meter()
    for words, sentence in (
        ((str(tmp_path / "none"),), "cannot be read: no such file"),
        ((str(tmp_path),), "cannot be read: is a directory"),
    ):
        done = CliRunner().invoke(app, ["verify", *words])
        assert done.exit_code == 2
        assert sentence in done.output
    done = CliRunner().invoke(app, ["verify", __file__, "--key", "no key"])
    assert done.exit_code == 2
    assert "no public key that we can read" in done.output
    assert verify("\0garbage", "--key", meter.public)[0] == 1
