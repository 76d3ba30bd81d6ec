"""A mobility operator that says which of its contract certificates it took back (OCSP, RFC 6960).

It answers for its authorities with their own keys, or by a delegate whom each gave a certificate
for that; and fails in the ways in which responders do.
"""

import argparse
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec
import uvloop
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp
from litestar import Litestar, Request, Response, post
from litestar.datastructures import State

from voltway_world.addresses import asked_to_stop, host_and_port, say
from voltway_world.pki import YEAR, Issued, Operator, issue
from voltway_world.serving import Served, Serving
from voltway_world.web import quiet_site

#: What can be wrong with its answers.
FAULTS: Final = frozenset({"down", "later", "forged", "stale", "other", "nonsense", "endless"})

#: What lies in the folder of a process: its root, the same with its key, and the chain that the car
#: of each contract shows.
ROOT: Final = "root.pem"
KEY: Final = "root.key.pem"
CONTRACTS: Final = "contracts.json"


def _now() -> datetime:
    return datetime.now(UTC)


class Responder(Served):
    """The responder inside this event loop: ``async with Responder() as ocsp: ocsp.url``."""

    def __init__(
        self, *, clock: Callable[[], datetime] = _now, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.authorities: list[Issued] = []
        self.revoked: set[int] = set()
        self.forgotten: set[int] = set()
        self.asked: list[int] = []
        self.fault = ""
        #: Who signs: the issuer itself, its delegate, or somebody.
        self.delegates = False
        self.signer: Issued | None = None
        #: How long its answers are good; ``None``: it does not say.
        self.lasts: timedelta | None = timedelta(days=2)
        self._now = clock
        self._serving = Serving(self._site(), host=host, port=port)

    def knows(self, operator: Operator) -> None:
        self.authorities += [operator.root, operator.sub]

    def answer(self, question: bytes) -> bytes:
        asked = ocsp.load_der_ocsp_request(question)
        self.asked.append(asked.serial_number)
        if self.fault == "later":
            status = ocsp.OCSPResponseStatus.TRY_LATER
            return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        issuer = next((each for each in self.authorities if _made(each, asked)), None)
        if issuer is None:
            status = ocsp.OCSPResponseStatus.UNAUTHORIZED
            return ocsp.OCSPResponseBuilder.build_unsuccessful(status).public_bytes(Encoding.DER)
        return self._signed(asked, issuer)

    def _signed(self, asked: ocsp.OCSPRequest, issuer: Issued) -> bytes:
        number, now = asked.serial_number, self._now()
        said_at = now - timedelta(days=30) if self.fault == "stale" else now
        status = ocsp.OCSPCertStatus.GOOD
        if number in self.revoked:
            status = ocsp.OCSPCertStatus.REVOKED
        elif number in self.forgotten:
            status = ocsp.OCSPCertStatus.UNKNOWN
        is_back = status is ocsp.OCSPCertStatus.REVOKED
        built = ocsp.OCSPResponseBuilder().add_response_by_hash(
            asked.issuer_name_hash,
            asked.issuer_key_hash,
            number + 1 if self.fault == "other" else number,
            asked.hash_algorithm,
            status,
            said_at,
            None if self.lasts is None else said_at + self.lasts,
            said_at if is_back else None,
            x509.ReasonFlags.key_compromise if is_back else None,
        )
        signs = self.signer or issuer
        if self.fault == "forged":
            signs = issue("nobody", answers=True, since=now - YEAR, until=now + YEAR)
        elif self.delegates:
            signs = issue(
                "delegate",
                issuer,
                is_authority=False,
                answers=True,
                since=now - YEAR,
                until=now + YEAR,
            )
        if signs is not issuer:
            built = built.certificates([signs.certificate])
        built = built.responder_id(ocsp.OCSPResponderEncoding.HASH, signs.certificate)
        return built.sign(signs.key, hashes.SHA256()).public_bytes(Encoding.DER)

    def _site(self) -> Litestar:
        @post("/", status_code=200)
        async def ask(request: Request[None, None, State]) -> Response[bytes]:
            body = await request.body()
            kind = "application/ocsp-response"
            if self.fault == "down":
                return Response(b"", status_code=503, media_type=kind)
            if self.fault in ("nonsense", "endless"):
                size = 50 if self.fault == "nonsense" else 100_000
                return Response(b"\x30" * size, media_type=kind)
            return Response(self.answer(body), media_type=kind)

        return quiet_site([ask])


def _made(authority: Issued, asked: ocsp.OCSPRequest) -> bool:
    own = authority.certificate
    named = ocsp.OCSPRequestBuilder().add_certificate(own, own, asked.hash_algorithm).build()
    return named.issuer_key_hash == asked.issuer_key_hash


def _root(data: Path, now: datetime) -> Issued:
    """The root of every run on this folder: whoever trusts it trusts it the next time too."""
    file = data / KEY
    if file.exists():
        text = file.read_bytes()
        key = serialization.load_pem_private_key(text, None)
        assert isinstance(key, ec.EllipticCurvePrivateKey), "we made it"
        return Issued(x509.load_pem_x509_certificate(text), key)
    made = issue("Demo mobility operator", since=now, until=now + 10 * YEAR)
    data.mkdir(parents=True, exist_ok=True)
    (data / ROOT).write_text(made.pem)
    file.touch(mode=0o600)
    file.write_bytes(
        made.pem.encode()
        + made.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return made


async def _serve(address: tuple[str, int], data: Path, emaids: list[str]) -> None:
    async with Responder(host=address[0], port=address[1]) as responder:
        since = _now() - timedelta(hours=1)
        root = _root(data, since)
        until = since + YEAR
        sub = issue("Demo contracts", root, since=since, until=until, responder=responder.url)
        operator = Operator(root, sub, responder.url)
        responder.knows(operator)
        chains = {emaid: operator.contract(emaid, since=since, until=until) for emaid in emaids}
        (data / CONTRACTS).write_bytes(msgspec.json.encode(chains))
        say(f"ready {responder.url}")
        await asked_to_stop()


def main() -> int:
    """``python -m voltway_world.ocsp EMAID …``: an operator with these contracts, as a process of
    its own. What their cars hold, and the root, lie in its folder."""
    words = argparse.ArgumentParser(prog="voltway_world.ocsp", description="Made these contracts.")
    words.add_argument("emaids", nargs="*")
    words.add_argument("--http", type=host_and_port, default=("127.0.0.1", 0), metavar="HOST:PORT")
    words.add_argument("--data", type=Path, required=True, help="folder of its root")
    options = words.parse_args()
    try:
        uvloop.run(_serve(options.http, options.data, options.emaids))
    except OSError as error:
        print(f"The responder cannot start: {error}.", file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())
