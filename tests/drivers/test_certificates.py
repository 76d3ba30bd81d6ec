"""Contract certificates of cars: good ones open stations, all others say why not."""

import base64
import re
from datetime import timedelta

import pytest

from tests.network import a_party
from voltway.drivers import actions as drivers
from voltway.drivers import certificates
from voltway.drivers.model import TokenKind
from voltway.drivers.rules import emaid_of
from voltway.drivers.rules_certificates import status_of
from voltway.kernel.ids import TokenUid
from voltway.runtime.database import Database
from voltway_world.pki import NOW, YEAR, an_operator, issue

EMAID = "FI-VLT-C12345678"
END = "-----END CERTIFICATE-----"
OURS = an_operator()
ROOTS = [OURS.root.pem]
#: Pieces of a certificate that its reader sees through only when they are asked for.
BAD_VERSION = (b"\xa0\x03\x02\x01\x02", b"\xa0\x03\x02\x01\x37")
BAD_NAME = (EMAID.encode(), b"\xff" + EMAID[1:].encode())


def altered(chain: str, piece: bytes, by: bytes) -> str:
    """The chain, with every such piece of its first certificate another."""
    first, rest = chain.split(END, 1)
    der = base64.b64decode("".join(first.splitlines()[1:]))
    assert piece in der
    body = base64.encodebytes(der.replace(piece, by)).decode()
    return f"-----BEGIN CERTIFICATE-----\n{body}{END}{rest}"


@pytest.mark.parametrize(
    ("text", "emaid"),
    [
        ("FI-VLT-C12345678-9", "FIVLTC12345678"),
        ("fivltc12345678", "FIVLTC12345678"),
        ("FIVLTC1234567", None),
        ("F1VLTC12345678", None),
        ("", None),
    ],
)
def test_a_contract_is_known_without_its_gaps_and_its_check_digit(
    text: str, emaid: str | None
) -> None:
    assert emaid_of(text) == emaid


def test_a_contract_of_a_root_that_is_trusted_is_accepted_however_its_id_is_written() -> None:
    for shown in (EMAID, "FIVLTC123456789", "fi*vlt*c12345678"):
        assert status_of(OURS.contract("FIVLTC12345678"), ROOTS, shown, NOW) == "Accepted"


def test_a_contract_that_is_over_or_of_an_authority_that_is_says_so() -> None:
    over = OURS.contract(EMAID, since=NOW - 2 * YEAR, until=NOW - timedelta(days=1))
    early = OURS.contract(EMAID, since=NOW + timedelta(days=1), until=NOW + YEAR)
    stale = issue("sub", OURS.root, until=NOW - timedelta(days=1))
    of_stale = issue(EMAID, stale, is_authority=False).pem + stale.pem

    for chain in (over, early, of_stale):
        assert status_of(chain, ROOTS, EMAID, NOW) == "CertificateExpired"


def test_a_chain_that_does_not_hold_is_refused() -> None:
    strange = an_operator("Strange")
    alone = issue(EMAID, OURS.sub, is_authority=False).pem
    no_authority = issue("no authority", OURS.root, is_authority=False)
    forged = issue(EMAID, no_authority, is_authority=False).pem + no_authority.pem
    good = OURS.contract(EMAID)
    body = re.sub(r"-----.*?-----|\s", "", good.split("-----END")[0] + "-----")
    cut = good.replace(body[100:104], "AAAA", 1)

    for chain, token in (
        (strange.contract(EMAID), EMAID),
        (alone, EMAID),
        (forged, EMAID),
        (good, "FI-VLT-C99999999"),
        (OURS.contract("not an id"), "not an id"),
        (cut, EMAID),
        ("no certificate", EMAID),
        ("", EMAID),
    ):
        assert status_of(chain, ROOTS, token, NOW) == "CertChainError"
    assert status_of(good, [], EMAID, NOW) == "CertChainError"


def test_a_certificate_of_which_a_piece_is_none_is_refused_and_stops_nobody() -> None:
    for piece, broken in (BAD_VERSION, BAD_NAME):
        assert status_of(altered(OURS.contract(EMAID), piece, broken), ROOTS, EMAID, NOW) == (
            "CertChainError"
        )


async def test_a_root_is_one_of_an_authority_that_is_good_and_is_kept_once(
    database: Database,
) -> None:
    async with database.begin() as work:
        party = await a_party(work)
        root = issue("root", since=work.now - YEAR, until=work.now + YEAR)
        over = issue("over", since=work.now - YEAR, until=work.now - timedelta(days=1))
        leaf = issue("leaf", root, is_authority=False, until=work.now + YEAR)
        for _ in range(2):
            await certificates.add_anchor(work, party.id, root.pem, by="Aino")
        wrong = [altered(root.pem, *BAD_VERSION), altered(root.pem, b"\x04root", b"\x04\xffoot")]
        for pem in (over.pem, leaf.pem, *wrong, "no certificate", ""):
            with pytest.raises(certificates.NotARoot):
                await certificates.add_anchor(work, party.id, pem, by="Aino")
        rows = await work.all("SELECT subject, sha256 FROM trust_anchor_view")

    assert [row["subject"] for row in rows] == ["CN=root"]
    assert len(rows[0]["sha256"]) == 64


async def test_a_contract_is_found_with_and_without_its_check_digit(database: Database) -> None:
    async with database.begin() as work:
        party = await a_party(work)
        made = await drivers.add_token(
            work, party.id, "FI-VLT-C12345678-9", kind=TokenKind.CONTRACT
        )
        asked = {
            (party.id, TokenUid(uid))
            for uid in ("FIVLTC123456789", "FIVLTC12345678", "fi-vlt-c12345678")
        }
        found = await drivers.tokens_of(work, asked)

    assert {token.id for token in found.values()} == {made.id}
    assert len(found) == 3
