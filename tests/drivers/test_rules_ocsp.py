"""What issuers say of certificates is believed by their signatures alone."""

from datetime import timedelta

import pytest
from cryptography.x509 import ocsp

from voltway.drivers.rules_ocsp import (
    NotBelieved,
    Question,
    Word,
    is_by,
    key_of,
    key_told,
    questions_of,
    read_answer,
    request,
    responder_of,
)
from voltway_world.ocsp import Responder
from voltway_world.pki import NOW, Issued, an_operator

URL = "http://ocsp.example"
OURS = an_operator("MO", URL)
LEAF = OURS.issue("FIVLTC12345678")
CHAIN = [each.certificate for each in (LEAF, OURS.sub, OURS.root)]
ABOUT_LEAF, ABOUT_SUB = questions_of(CHAIN)


def a_responder(**more: object) -> Responder:
    responder = Responder(clock=lambda: NOW)
    responder.knows(OURS)
    for name, value in more.items():
        setattr(responder, name, value)
    return responder


def said(responder: Responder, question: Question = ABOUT_LEAF) -> Word:
    return read_answer(responder.answer(request(question.key)), question, NOW).word


def test_all_of_a_chain_but_its_root_is_asked_about_where_it_says() -> None:
    assert [each.responder for each in (ABOUT_LEAF, ABOUT_SUB)] == [URL, URL]
    assert is_by(ABOUT_LEAF.key, OURS.sub.certificate)
    assert is_by(ABOUT_SUB.key, OURS.root.certificate)
    assert not is_by(ABOUT_LEAF.key, OURS.root.certificate)
    assert responder_of(OURS.root.certificate) == ""


@pytest.mark.parametrize("delegates", [False, True])
def test_an_issuer_or_its_delegate_is_believed_whatever_it_says(delegates: bool) -> None:
    responder = a_responder(delegates=delegates)
    assert [said(responder), said(responder, ABOUT_SUB)] == [Word.GOOD, Word.GOOD]
    responder.revoked.add(LEAF.certificate.serial_number)
    responder.forgotten.add(OURS.sub.certificate.serial_number)
    assert [said(responder), said(responder, ABOUT_SUB)] == [Word.REVOKED, Word.UNKNOWN]


def signed_by(signer: Issued) -> bytes:
    """A yes about the leaf, signed by this one, with its certificate beside."""
    return a_responder(signer=signer).answer(request(ABOUT_LEAF.key))


@pytest.mark.parametrize("fault", ["later", "forged", "stale", "other"])
def test_what_is_late_forged_or_about_another_is_not_believed(fault: str) -> None:
    with pytest.raises(NotBelieved):
        said(a_responder(fault=fault))


def test_only_whom_the_issuer_itself_gave_the_task_may_answer_for_it() -> None:
    strangers = an_operator("Strangers")
    for signer in (strangers.root, OURS.root, LEAF):
        with pytest.raises(NotBelieved):
            read_answer(signed_by(signer), ABOUT_LEAF, NOW)
    ok = read_answer(signed_by(OURS.sub), ABOUT_LEAF, NOW)
    assert ok.word is Word.GOOD


def test_an_answer_of_tomorrow_or_cut_anywhere_is_none() -> None:
    der = a_responder().answer(request(ABOUT_LEAF.key))
    with pytest.raises(NotBelieved):
        read_answer(der, ABOUT_LEAF, NOW - timedelta(hours=1))
    for end in range(0, len(der), 7):
        with pytest.raises(NotBelieved):
            read_answer(der[:end], ABOUT_LEAF, NOW)


def test_no_bit_of_an_answer_can_be_turned() -> None:
    der = a_responder().answer(request(ABOUT_LEAF.key))
    status = ocsp.load_der_ocsp_response(der).tbs_response_bytes
    start = der.index(status)
    for place in range(start, start + len(status)):
        turned = bytearray(der)
        turned[place] ^= 1
        with pytest.raises(NotBelieved):
            read_answer(bytes(turned), ABOUT_LEAF, NOW)


@pytest.mark.parametrize(
    ("algorithm", "name", "key", "serial", "known"),
    [
        ("SHA256", "AB" * 32, "cd" * 32, "0A1", True),
        ("sha512", "ab" * 64, "cd" * 64, "1", True),
        ("SHA256", "ab" * 31, "cd" * 32, "1", False),
        ("MD5", "ab" * 16, "cd" * 16, "1", False),
        ("SHA256", "zz" * 32, "cd" * 32, "1", False),
        ("SHA256", "ab" * 32, "cd" * 32, "", False),
        ("SHA256", "ab" * 32, "cd" * 32, "0", False),
        ("SHA256", "ab" * 32, "cd" * 32, "-1", False),
        ("SHA256", "ab" * 32, "cd" * 32, "F" * 41, False),
    ],
)
def test_a_certificate_is_named_by_whole_hashes_and_a_number(
    algorithm: str, name: str, key: str, serial: str, known: bool
) -> None:
    told = key_told(algorithm, name, key, serial)
    assert (told is not None) is known
    if told is not None:
        assert request(told)


def test_a_number_is_the_same_with_and_without_zeros_in_front() -> None:
    key = key_of(LEAF.certificate, OURS.sub.certificate)
    assert key_told(key.algorithm, key.name_hash, key.key_hash.upper(), f"00{key.serial}") == key
