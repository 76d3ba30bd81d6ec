"""A car's contract at a station: its chain, and what its issuer says of it (2.0.1 part 2, C07, M06;
the same in DataTransfer of 1.6)."""

import json
from base64 import b64decode
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import pytest
from cryptography.x509 import ocsp

from tests.ocpp.gateway_floor import Dialled, Door, a_door, dial
from voltway.drivers import actions as drivers
from voltway.drivers import certificates, rules_ocsp
from voltway.drivers.model import TokenKind
from voltway.kernel.ids import PartyId
from voltway.runtime.clock import JumpingClock
from voltway.runtime.database import Database
from voltway_world.ocsp import Responder
from voltway_world.pki import YEAR, Issued, Operator, an_operator

VERSIONS = ["ocpp1.6", "ocpp2.0.1", "ocpp2.1"]
EMAID = "FIVLTC123456789"
DAY = timedelta(days=1)
GOOD = ("Accepted", "Accepted")
REFUSED = ("Invalid", "CertChainError")


def names(certificate: Issued, issuer: Issued, responder: str) -> dict[str, str]:
    """A certificate as stations name it (OCSPRequestDataType)."""
    key = rules_ocsp.key_of(certificate.certificate, issuer.certificate)
    return {
        "hashAlgorithm": key.algorithm,
        "issuerNameHash": key.name_hash,
        "issuerKeyHash": key.key_hash.upper(),
        "serialNumber": key.serial,
        "responderURL": responder,
    }


@dataclass
class Scene:
    door: Door
    line: Dialled
    responder: Responder
    operator: Operator
    party: PartyId

    async def call(self, action: str, payload: dict[str, Any]) -> dict[str, Any]:
        if self.line.subprotocol != "ocpp1.6":
            return dict(await self.line.call(action, payload))
        packed = {"vendorId": "org.openchargealliance.iso15118pnc", "messageId": action}
        told = await self.line.call("DataTransfer", {**packed, "data": json.dumps(payload)})
        return dict(json.loads(told["data"]))

    async def shows(self, uid: str = EMAID, **more: object) -> tuple[str, str | None]:
        told = await self.call("Authorize", {"idToken": {"idToken": uid, "type": "eMAID"}, **more})
        return told["idTokenInfo"]["status"], told.get("certificateStatus")

    async def shows_chain(self, leaf: Issued, uid: str = EMAID) -> tuple[str, str | None]:
        return await self.shows(uid, certificate=leaf.pem + self.operator.sub.pem)

    async def shows_names(self, leaf: Issued) -> tuple[str, str | None]:
        return await self.shows(iso15118CertificateHashData=self.names_of(leaf))

    def names_of(self, leaf: Issued) -> list[dict[str, str]]:
        made = self.operator
        return [
            names(leaf, made.sub, self.responder.url),
            names(made.sub, made.root, self.responder.url),
        ]

    def a_contract(self, emaid: str = EMAID, *, until: timedelta = YEAR) -> Issued:
        now = self.door.clock.now()
        return self.operator.issue(emaid, since=now - YEAR, until=now + until)

    async def trusts(self) -> None:
        async with self.door.begin() as work:
            await certificates.add_anchor(work, self.party, self.operator.root.pem, by="Aino")

    async def knows(self, uid: str) -> None:
        async with self.door.begin() as work:
            await drivers.add_token(work, self.party, uid, kind=TokenKind.CONTRACT)


@asynccontextmanager
async def a_scene(
    database: Database, clock: JumpingClock, version: str, unchecked: str = "refuse"
) -> AsyncIterator[Scene]:
    async with (
        Responder(clock=clock.now) as responder,
        a_door(database, clock, hook_hosts=responder.url, contract_unchecked=unchecked) as door,
    ):
        since, until = clock.now() - YEAR, clock.now() + 2 * YEAR
        operator = an_operator("MO", responder.url, since=since, until=until)
        responder.knows(operator)
        station = await door.add("CS1")
        async with dial(door, "CS1", version) as line:
            scene = Scene(door, line, responder, operator, station.party)
            await scene.knows(EMAID)
            yield scene


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_car_s_contract_opens_a_station_where_its_root_is_trusted(
    database: Database, clock: JumpingClock, version: str
) -> None:
    async with a_scene(database, clock, version) as scene:
        leaf = scene.a_contract()
        assert await scene.shows_chain(leaf) == REFUSED
        assert scene.responder.asked == [], "who trusts nobody asks nobody"
        await scene.trusts()
        assert await scene.shows_chain(leaf) == GOOD
        assert await scene.shows() == ("Accepted", None)
        async with scene.door.begin() as work:
            [seen] = await work.all("SELECT * FROM contract_certificate_view")

    assert (seen["emaid"], seen["state"], seen["identity"]) == (EMAID[:14], "good", "CS1")
    assert seen["not_after"] == leaf.certificate.not_valid_after_utc


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("which", ["contract", "authority"])
async def test_a_contract_that_was_taken_back_opens_nothing_shown_or_named(
    database: Database, clock: JumpingClock, version: str, which: str
) -> None:
    async with a_scene(database, clock, version) as scene:
        await scene.trusts()
        leaf = scene.a_contract()
        assert await scene.shows_chain(leaf) == GOOD
        taken = leaf if which == "contract" else scene.operator.sub
        scene.responder.revoked.add(taken.certificate.serial_number)
        assert await scene.shows_chain(leaf) == GOOD, "it was asked within the hour"

        clock.jump(timedelta(minutes=61))
        revoked = ("Invalid", "CertificateRevoked")
        assert await scene.shows_chain(leaf) == revoked
        assert await scene.shows_names(leaf) == revoked
        scene.responder.fault = "down"
        clock.jump(3 * DAY)
        assert await scene.shows_chain(leaf) == revoked, "silence undoes no no"
        async with scene.door.begin() as work:
            [seen] = await work.all("SELECT state FROM contract_certificate_view")
    assert seen["state"] == ("revoked" if which == "contract" else "good")


@pytest.mark.parametrize("version", VERSIONS)
async def test_names_alone_open_a_station_where_all_are_good_and_their_issuers_are_known(
    database: Database, clock: JumpingClock, version: str
) -> None:
    async with a_scene(database, clock, version) as scene:
        await scene.trusts()
        first, leaf = scene.a_contract("FIVLTC999999999"), scene.a_contract()
        await scene.knows("FIVLTC999999999")
        assert await scene.shows_names(leaf) == REFUSED, "nobody has shown its issuer yet"
        assert scene.responder.asked == []
        assert await scene.shows_chain(first, "FIVLTC999999999") == GOOD

        assert await scene.shows_names(leaf) == GOOD
        only = [names(leaf, scene.operator.sub, scene.responder.url)]
        assert await scene.shows(iso15118CertificateHashData=only) == GOOD
        assert await scene.shows_names(first) == REFUSED, "it is another contract's"
        odd = [{**only[0], "serialNumber": "none"}]
        assert await scene.shows(iso15118CertificateHashData=odd) == REFUSED
        unknown, status = await scene.shows("FIVLTC111111111", iso15118CertificateHashData=only)
        assert (unknown in {"Invalid", "Unknown"}, status) == (True, "ContractCancelled")

        late = scene.a_contract(until=DAY)
        assert await scene.shows_chain(late) == GOOD
        clock.jump(2 * DAY)
        assert await scene.shows_names(late) == ("Expired", "CertificateExpired")
        scene.responder.forgotten.add(leaf.certificate.serial_number)
        assert await scene.shows_names(leaf) == REFUSED, "its issuer never heard of it"


FAULTS = ["down", "later", "forged", "stale", "other", "nonsense", "endless"]


@pytest.mark.parametrize(
    ("unchecked", "word"), [("refuse", REFUSED), ("accept", GOOD)], ids=["refuse", "accept"]
)
@pytest.mark.parametrize("fault", FAULTS)
async def test_an_issuer_that_says_nothing_believable_leaves_it_to_its_last_answer_or_the_setting(
    database: Database, clock: JumpingClock, fault: str, unchecked: str, word: tuple[str, str]
) -> None:
    async with a_scene(database, clock, "ocpp2.0.1", unchecked) as scene:
        await scene.trusts()
        leaf, other = scene.a_contract(), scene.a_contract()
        assert await scene.shows_chain(leaf) == GOOD
        scene.responder.fault = fault
        clock.jump(timedelta(hours=2))
        assert await scene.shows_chain(leaf) == GOOD, "its last answer is good for two days"
        assert await scene.shows_chain(other) == word
        clock.jump(2 * DAY)
        assert await scene.shows_chain(leaf) == word
        scene.responder.fault = ""
        assert await scene.shows_chain(leaf) == GOOD


async def test_an_answer_that_does_not_say_how_long_it_is_good_counts_while_it_is_new(
    database: Database, clock: JumpingClock
) -> None:
    async with a_scene(database, clock, "ocpp2.0.1") as scene:
        await scene.trusts()
        scene.responder.lasts, scene.responder.delegates = None, True
        leaf = scene.a_contract()
        assert await scene.shows_chain(leaf) == GOOD
        scene.responder.fault = "down"
        assert await scene.shows_chain(leaf) == GOOD
        clock.jump(timedelta(hours=2))
        assert await scene.shows_chain(leaf) == REFUSED


async def test_a_certificate_that_names_nobody_to_ask_is_left_to_the_setting(
    database: Database, clock: JumpingClock
) -> None:
    async with a_scene(database, clock, "ocpp2.0.1") as scene:
        await scene.trusts()
        since, until = clock.now() - YEAR, clock.now() + YEAR
        silent = Operator(scene.operator.root, scene.operator.sub)
        leaf = silent.issue(EMAID, since=since, until=until)
        assert await scene.shows_chain(leaf) == REFUSED


@pytest.mark.parametrize("version", VERSIONS)
async def test_a_station_is_given_what_an_issuer_says_of_its_own_certificates(
    database: Database, clock: JumpingClock, version: str
) -> None:
    async with a_scene(database, clock, version) as scene:
        operator, responder = scene.operator, scene.responder
        asked = names(operator.sub, operator.root, responder.url)

        async def status(**other: str) -> tuple[str, str]:
            told = await scene.call("GetCertificateStatus", {"ocspRequestData": asked | other})
            return told["status"], told.get("ocspResult", "")

        word, der = await status()  # of a root that nobody here trusts: cars judge it
        assert word == "Accepted"
        told = ocsp.load_der_ocsp_response(b64decode(der))
        assert told.serial_number == operator.sub.certificate.serial_number
        assert told.certificate_status is ocsp.OCSPCertStatus.GOOD

        responder.revoked.add(operator.sub.certificate.serial_number)
        _, der = await status()
        told = ocsp.load_der_ocsp_response(b64decode(der))
        assert told.certificate_status is ocsp.OCSPCertStatus.REVOKED, "it is told as it is said"

        await scene.trusts()
        await status()
        responder.fault = "forged"
        assert (await status())[0] == "Accepted", "what its issuer said within the hour"
        clock.jump(5 * DAY)
        assert await status() == ("Failed", ""), "we know who must have signed it"
        responder.fault = ""
        for other in (
            {"responderURL": "http://169.254.169.254/ocsp"},
            {"responderURL": "http://localhost:1/"},
            {"responderURL": "file:///etc/passwd"},
            {"issuerKeyHash": "aa"},
        ):
            assert await status(**other) == ("Failed", ""), other
