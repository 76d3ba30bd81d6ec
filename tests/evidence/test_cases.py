"""Real records with known answers: 63 of OCMF, and those of ALFEN and PCDF."""

import json
from pathlib import Path
from typing import Any

import pytest

from tests.evidence.signing import found
from voltway.evidence.model import Flaw, Verdict

CASES = Path(__file__).resolve().parents[1] / "cases"


def told(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / name).read_text().splitlines()]


def test_there_are_sixty_three_records_of_ocmf() -> None:
    assert len(told("ocmf.jsonl")) == 63


@pytest.mark.parametrize("case", told("ocmf.jsonl"), ids=lambda case: case["id"])
def test_a_signature_of_ocmf_is_judged_as_it_is_known_to_be(case: dict[str, Any]) -> None:
    verdict = found(case["ocmf"], case["public_key_hex"]).verdict

    is_proved = verdict in (Verdict.VALID, Verdict.NOT_BILLABLE)
    assert is_proved == (case["expected"] == "valid")


@pytest.mark.parametrize("case", told("signed.jsonl"), ids=lambda case: case["id"])
def test_a_charge_is_judged_as_it_is_known_to_be(case: dict[str, Any]) -> None:
    finding = found(case["records"], case["key"])

    assert finding.verdict == case["verdict"]
    assert finding.flaws == tuple(Flaw(flaw) for flaw in case["flaws"])
    energy = None if finding.energy_wh is None else f"{finding.energy_wh.normalize():f}"
    wanted = case["energy_wh"]
    assert energy == (None if wanted is None else f"{float(wanted):g}")


def test_of_the_real_meters_the_law_lets_those_be_billed_whose_clock_was_set() -> None:
    """One meter stood in 1970 with an unsynchronised clock when its test data were made."""
    findings = {
        case["id"]: found(case["ocmf"], case["public_key_hex"]) for case in told("ocmf.jsonl")
    }

    assert findings["safe/fromweb.xml#0"].verdict is Verdict.VALID
    unset = findings["safe/keba_test.xml#13"]
    assert (unset.verdict, unset.flaws) == (
        Verdict.NOT_BILLABLE,
        (Flaw.TIME_NOT_SYNCHRONISED,),
    )
