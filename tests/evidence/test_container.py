"""What signed data comes wrapped in, and the file of the transparency software."""

import base64
import json
from itertools import islice
from xml.etree import ElementTree

from tests.evidence.campaign import attempts
from tests.evidence.signing import BEGIN, END, Meter, found
from voltway.evidence import container, rules
from voltway.evidence.keys import read_key
from voltway.evidence.model import Flaw, PublicKey, Sent, Verdict

METER = Meter()
TEXT = METER.ocmf()


def texts(wrapped: str) -> list[str]:
    return [piece.text for piece in container.unwrapped(wrapped)]


def test_a_record_is_found_in_whatever_it_is_wrapped() -> None:
    encoded = base64.b64encode(TEXT.encode()).decode()
    signed = json.dumps({"signedMeterData": encoded, "publicKey": METER.public})
    for wrapped in (
        TEXT,
        f"\ufeff{TEXT}\r\n",
        f'"{TEXT}"',
        TEXT.encode().hex(),
        encoded,
        signed,
        base64.b64encode(signed.encode()).decode(),
        f'<values><value><signedData format="OCMF">{TEXT}</signedData></value></values>',
    ):
        assert texts(wrapped) == [TEXT], wrapped[:40]
    assert container.unwrapped(signed)[0].named_key == METER.public


def test_records_one_after_the_other_are_told_apart() -> None:
    first, last = METER.ocmf(BEGIN, PG="T1"), METER.ocmf(END, PG="T2")

    assert texts(f"{first}\n{last}\n") == [first, last]


def test_the_key_in_a_message_is_compared_and_never_used() -> None:
    other = Meter()
    mine, theirs = read_key(METER.public), read_key(other.public)

    def judged(key: PublicKey | None, text: str, named: str) -> tuple[Verdict, tuple[Flaw, ...]]:
        finding = rules.judge([Sent(text=text, named_key=named)], key)
        return finding.verdict, finding.flaws

    assert judged(mine, TEXT, METER.public) == (Verdict.VALID, ())
    assert judged(mine, other.ocmf(), other.public) == (
        Verdict.INVALID,
        (Flaw.SIGNATURE_WRONG, Flaw.FOREIGN_KEY),
    )
    assert judged(mine, TEXT, other.public) == (Verdict.INVALID, (Flaw.FOREIGN_KEY,))
    assert judged(None, TEXT, METER.public) == (Verdict.UNCHECKED, (Flaw.NO_KEY,))
    assert judged(theirs, TEXT, METER.public)[0] is Verdict.INVALID
    assert judged(mine, TEXT, "garbage") == (Verdict.VALID, ())


def test_the_file_for_the_transparency_software_gives_the_same_records_and_key() -> None:
    records = [
        container.read(Sent(text=METER.ocmf(BEGIN, PG="T1", TT="<0.49 & more>"))),
        container.read(Sent(text=METER.ocmf(END, PG="T2"))),
    ]

    written = container.file(records, read_key(METER.public))

    root = ElementTree.fromstring(written)
    assert [value.get("context") for value in root] == ["Transaction.Begin", "Transaction.End"]
    assert [value.findtext("publicKey") for value in root] == [METER.public] * 2
    pieces = container.unwrapped(written)
    assert [piece.text for piece in pieces] == [record.text for record in records]
    assert rules.judge(pieces, read_key(METER.public)).verdict is Verdict.VALID


def test_xml_that_declares_something_is_not_read() -> None:
    value = "<values><value><signedData>&a;</signedData></value></values>"
    bomb = f'<!DOCTYPE v [<!ENTITY a "aaaa">]>{value}'

    assert found(texts(bomb), METER.public).flaws == (Flaw.UNREADABLE,)


def test_garbage_gives_a_finding() -> None:
    for text, flaw in (
        ("", Flaw.UNREADABLE),
        ("hello", Flaw.UNREADABLE),
        ("OCM", Flaw.TRUNCATED),
        ("OCMF|", Flaw.TRUNCATED),
        ("OCMF|{}|{}", Flaw.SIGNATURE_MISSING),
        ("OCMF|[]|[]", Flaw.TRUNCATED),
        (TEXT[:-40], Flaw.TRUNCATED),
        (TEXT[:200], Flaw.TRUNCATED),
        ("OCMF|" + "[" * 100_000 + "|{}", Flaw.TRUNCATED),
        (TEXT.replace('"PG": "T7"', '"PG": "T7", "PG": "T8"'), Flaw.AMBIGUOUS),
        ("OCMF|" + "x" * container.BYTES_MAX, Flaw.TRUNCATED),
        ("AP;0;3;AAAA;BBBB;CCCC;", Flaw.TRUNCATED),
        ("AP;9;9", Flaw.TRUNCATED),
        ("128.8.0(ST:1)", Flaw.TRUNCATED),
        ("<values><value>", Flaw.UNREADABLE),
        ("{" * 50_000, Flaw.UNREADABLE),
        ("\0\x01\ud800", Flaw.UNREADABLE),
    ):
        finding = rules.judge(container.unwrapped(text), read_key(METER.public))
        assert finding.verdict is Verdict.INVALID, text[:40]
        assert flaw in finding.flaws, (text[:40], finding.flaws)


def test_whatever_is_mutilated_gives_a_finding_and_is_never_valid_when_it_was_changed() -> None:
    assert not any(islice(attempts(seed=7), 400))
