"""Signed data mutilated at random: each gives a finding, and none that was changed is valid.

The everyday tests try some hundred; ``python -m tests.evidence.campaign --seconds 600 --seed 7``
tries as many as there is time for.
"""

import argparse
import json
import random
import sys
from collections.abc import Iterator
from pathlib import Path
from time import monotonic
from typing import Final

from voltway.evidence import container, keys, rules
from voltway.evidence.model import Verdict

CASES: Final = Path(__file__).resolve().parents[1] / "cases"
LETTERS: Final = '{}[]|":,0123456789abcdefXEBGSURIt\\\0\ud800\n <>&;=-+.eE()*'


def seeds() -> list[tuple[str, str]]:
    """Real data and their keys: plain, in the transparency software's XML, and as OCPP 2.0.1."""
    told = [
        json.loads(line)
        for name in ("ocmf.jsonl", "signed.jsonl")
        for line in (CASES / name).read_text().splitlines()
    ]
    found = [
        (case.get("ocmf") or "\n".join(case["records"]), case.get("public_key_hex") or case["key"])
        for case in told
    ]
    text, key = found[3]
    xml = container.file([container.read(p) for p in container.unwrapped(text)], keys.read_key(key))
    signed = json.dumps({"signedMeterData": text.encode().hex(), "publicKey": key})
    return [*found, (xml, key), (signed, key)]


def mutilated(text: str, dice: random.Random) -> str:
    letters = list(text)
    for _ in range(dice.choice((1, 1, 2, 5, 40))):
        at = dice.randrange(len(letters) + 1)
        match dice.randrange(5):
            case 0:
                del letters[at : at + dice.choice((1, 3, 50))]
            case 1:
                letters[at:at] = dice.choices(LETTERS, k=dice.choice((1, 3, 20)))
            case 2:
                letters[at : at + 1] = dice.choice(LETTERS)
            case 3:
                letters[at:at] = letters[at : at + dice.randrange(60)]
            case _:
                letters = letters[:at]
    return "".join(letters)


def payloads(text: str) -> frozenset[bytes]:
    return frozenset(container.read(piece).payload for piece in container.unwrapped(text))


def attempts(seed: int) -> Iterator[str]:
    """What is wrong with each attempt; empty: nothing."""
    dice = random.Random(seed)
    real = seeds()
    known = {text: payloads(text) for text, _ in real}
    while True:
        text, key = dice.choice(real)
        changed = mutilated(text, dice)
        finding = rules.judge(container.unwrapped(changed), keys.read_key(key), by_time=True)
        container.file([container.read(piece) for piece in container.unwrapped(changed)], None)
        is_new = not payloads(changed) <= known[text]
        yield changed if finding.verdict is Verdict.VALID and is_new else ""


def main() -> int:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--seed", type=int, default=1)
    given = asked.parse_args()
    ends, tried = monotonic() + given.seconds, 0
    for wrong in attempts(given.seed):
        tried += 1
        if wrong:
            sys.stdout.write(f"valid, and changed: {wrong!r}\n")
            return 1
        if monotonic() >= ends:
            break
    sys.stdout.write(f"{tried} attempts with seed {given.seed}: no exception, none valid\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
