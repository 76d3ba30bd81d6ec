"""What a party, an e-mail address, a password and a secret must look like."""

import hashlib
import hmac
import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from voltway.kernel.errors import Kind, Refusal
from voltway.parties.model import Role

PASSWORD_LENGTH_MIN = 12
PASSWORD_LENGTH_MAX = 256
SIGNED_IN_FOR = timedelta(hours=12)
#: A visit is noted at most this often, so that reading a page seldom writes.
SEEN_EVERY = timedelta(minutes=5)


@dataclass(eq=False)
class NotValid(Refusal):
    """{field} is not valid: {why}."""

    kind: ClassVar[Kind] = Kind.INVALID

    field: str
    why: str


def check_party(
    *, country_code: str, ident: str, name: str, currency: str, time_zone: str, hold_minor: int
) -> None:
    """Refuse what no party can be (OCPI 2.2.1 §8.4.1 CiString(2) and CiString(3))."""
    if not re.fullmatch(r"[A-Z]{2}", country_code):
        raise NotValid("country_code", "two capital letters, such as FI, are needed")
    if not re.fullmatch(r"[A-Z0-9]{3}", ident):
        raise NotValid("ident", "three capital letters or digits, such as VLT, are needed")
    if not name.strip():
        raise NotValid("name", "it is empty")
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise NotValid("currency", "three capital letters, such as EUR, are needed")
    if hold_minor <= 0:
        raise NotValid("hold_minor", "the hold must be more than nothing")
    check_zone(time_zone)


def check_zone(time_zone: str) -> None:
    """Refuse what is no name of an IANA time zone."""
    try:
        ZoneInfo(time_zone)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise NotValid("time_zone", "it is no IANA zone, such as Europe/Helsinki") from error


def email_of(text: str) -> str:
    """An e-mail address as we keep it. Real proof is a mail that arrives; this stops slips."""
    email = text.strip()
    if len(email) > 254 or not re.fullmatch(r"[^@\s\x00-\x1f<>]+@[^@\s\x00-\x1f<>]+", email):
        raise NotValid("email", "an address such as ann@example.org is needed")
    return email


def check_role(role: Role) -> None:
    """A person has no role of a machine."""
    if role is Role.PARTNER:
        raise NotValid("role", "it is for the keys of partners")


def check_password(password: str) -> None:
    """Length is what protects; kinds of characters are not asked for (NIST SP 800-63B §5.1.1)."""
    if len(password) < PASSWORD_LENGTH_MIN:
        raise NotValid("password", f"at least {PASSWORD_LENGTH_MIN} characters are needed")
    if len(password) > PASSWORD_LENGTH_MAX:
        raise NotValid("password", f"at most {PASSWORD_LENGTH_MAX} characters are taken")


def digest(secret: str) -> bytes:
    """How random secrets are kept. They have 256 random bits, so a fast hash is enough."""
    return hashlib.blake2b(
        secret.encode("utf-8", "surrogatepass"), digest_size=32, person=b"voltway"
    ).digest()


def is_same(secret: str, kept: bytes) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(digest(secret), kept)


def is_over(expires_at: datetime | None, now: datetime) -> bool:
    return expires_at is not None and expires_at <= now


def parts_of_key(plaintext: str) -> tuple[UUID, str] | None:
    """The id and the secret of ``vw_<id>_<secret>``."""
    match = re.fullmatch(r"vw_([0-9a-f]{32})_([A-Za-z0-9_-]{43})", plaintext.strip())
    return (UUID(match[1]), match[2]) if match else None
