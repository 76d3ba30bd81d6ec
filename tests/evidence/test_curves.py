"""Each curve of the specification, each way to write a key or a signature."""

import base64

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from ecdsa import SigningKey
from ecdsa.util import sigencode_der

from tests.evidence.signing import Meter, found
from voltway.evidence import curves, keys
from voltway.evidence.keys import NoKey, read_key
from voltway.evidence.model import Flaw, Verdict

NAMED: list[tuple[ec.EllipticCurve, str]] = [
    (ec.SECP192R1(), "ECDSA-secp192r1-SHA256"),
    (ec.SECP192R1(), "ECDSA-prime192v1-SHA256"),
    (ec.SECP256K1(), "ECDSA-secp256k1-SHA256"),
    (ec.SECP256R1(), "ECDSA-secp256r1-SHA256"),
    (ec.SECP256R1(), "ECDSA-prime256v1-SHA256"),
    (ec.SECP384R1(), "ECDSA-secp384r1-SHA256"),
    (ec.BrainpoolP256R1(), "ECDSA-brainpool256r1-SHA256"),
    (ec.BrainpoolP256R1(), "ECDSA-brainpoolP256r1-SHA256"),
    (ec.BrainpoolP384R1(), "ECDSA-brainpool384r1-SHA256"),
    (ec.BrainpoolP384R1(), "ECDSA-brainpoolP384r1-SHA256"),
]


@pytest.mark.parametrize(("curve", "method"), NAMED, ids=[method for _, method in NAMED])
def test_each_curve_of_the_specification_is_known(curve: ec.EllipticCurve, method: str) -> None:
    meter = Meter(curve, method)
    text = meter.ocmf()

    assert found(text, meter.public).verdict is Verdict.VALID
    assert found(text, meter.point().hex()).verdict is Verdict.VALID
    assert found(text, meter.point()[1:].hex()).verdict is Verdict.VALID
    assert found(text, meter.point(compressed=True).hex()).verdict is Verdict.VALID
    assert found(text.replace("2851.485", "2851.484"), meter.public).verdict is Verdict.INVALID


def test_the_curve_that_openssl_s_binding_lacks_is_known_too() -> None:
    signer = SigningKey.generate(curve=curves.SECP192K1)
    payload = b"128.8.0"
    signature = signer.sign(payload, hashfunc=__import__("hashlib").sha256, sigencode=sigencode_der)
    point = signer.verifying_key.to_string("uncompressed")

    assert curves.fits(point, "secp192k1", signature, payload)
    assert not curves.fits(point, "secp192k1", signature, payload + b"!")
    short = signer.verifying_key.to_string("compressed")
    assert curves.fits(short, "secp192k1", signature, payload)
    assert read_key(point.hex()).curve == "secp192k1"


def test_a_signature_may_be_base64_or_two_bare_numbers() -> None:
    meter = Meter()
    plain = meter.ocmf()
    der = bytes.fromhex(plain.rsplit('"SD": "', 1)[1].split('"')[0])
    r, s = decode_dss_signature(der)
    raw = r.to_bytes(32, "big") + s.to_bytes(32, "big")
    for signature in (
        f'"SD":"{base64.b64encode(der).decode()}","SE":"base64"',
        f'"SD":"{raw.hex()}"',
    ):
        text = plain.rsplit("|", 1)[0] + f"|{{{signature}}}"
        assert found(text, meter.public).verdict is Verdict.VALID


def test_what_is_no_signature_is_told_apart() -> None:
    meter = Meter()
    head = meter.ocmf().rsplit("|", 1)[0]
    for signature, flaw in (
        ("{}", Flaw.SIGNATURE_MISSING),
        ('{"SD":""}', Flaw.SIGNATURE_MISSING),
        ('{"SD":"none"}', Flaw.SIGNATURE_UNREADABLE),
        ('{"SD":"3006020101020101FF"}', Flaw.SIGNATURE_UNREADABLE),
        ('{"SD":"3006020100020100"}', Flaw.SIGNATURE_WRONG),
        ('{"SD":"00","SA":"RSA-2048-SHA256"}', Flaw.METHOD_UNKNOWN),
        ('{"SD":"00","SA":7}', Flaw.METHOD_UNKNOWN),
        ('{"SD":"00","SM":"application/pdf"}', Flaw.METHOD_UNKNOWN),
        ('{"SD":"30', Flaw.TRUNCATED),
        ("", Flaw.TRUNCATED),
    ):
        assert flaw in found(f"{head}|{signature}", meter.public).flaws, signature


def test_a_key_is_read_however_people_write_it() -> None:
    meter = Meter()
    der = bytes.fromhex(meter.public)
    ways = [
        meter.public,
        meter.public.upper(),
        " ".join(meter.public[n : n + 4] for n in range(0, len(meter.public), 4)),
        base64.b64encode(der).decode(),
        f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(der).decode()}\n-----END PUBLIC KEY-----\n",
        f"oca:base16:asn1:{meter.public}",
        base64.b64encode(f"oca:base16:asn1:{meter.public}".encode()).decode(),
        meter.point().hex(),
        base64.b64encode(meter.point()).decode(),
        ":".join(f"{byte:02x}" for byte in meter.point()),
        ";".join(meter.public[n : n + 4] for n in range(0, len(meter.public), 4)),
    ]

    read = [read_key(way) for way in ways]
    assert len({keys.fingerprint(key) for key in read}) == 1
    assert {key.curve for key in read} == {"secp256r1"}
    assert bytes.fromhex(keys.written(read[-1])) == der


def test_what_is_no_key_is_refused_in_a_sentence() -> None:
    for text in ("", "not a key", "00" * 64, "04" + "11" * 64, "30" * 91, "A" * 5000, "ff", "\0"):
        with pytest.raises(NoKey, match="no public key"):
            read_key(text)
