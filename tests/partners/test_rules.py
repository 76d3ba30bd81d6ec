"""What a partner's word or silence means, when it is told again, and how it proves who it is."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from voltway.drivers.model import TokenKind
from voltway.kernel.ids import FleetId, PartyId, TokenId, TokenUid
from voltway.kernel.money import EUR
from voltway.partners import rules, signing
from voltway.partners.model import Allowed, Asked, Partner, Whitelist
from voltway.partners.rules import NotAnAddress, NotAPartnerIdent

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
NIL = UUID(int=0)
AURORA = Partner(
    id=NIL,
    party=PartyId(NIL),
    name="Aurora",
    country_code="DE",
    ident="AUR",
    currency=EUR,
    credit_limit_minor=None,
    customer=NIL,
    fleet=FleetId(NIL),
    url="https://aurora.example",
    secret="s",
    created_at=NOON,
)
ASKED = Asked(
    partner=AURORA,
    token=TokenId(NIL),
    uid=TokenUid("DE-AUR-C1"),
    kind=TokenKind.CONTRACT,
    contract="DE-AUR-C1",
    whitelist=Whitelist.ALLOWED,
    answer=None,
    answered_at=None,
)


@pytest.mark.parametrize("whitelist", list(Whitelist))
def test_only_a_contract_that_is_always_let_in_needs_no_question(whitelist: Whitelist) -> None:
    known = rules.known(replace(ASKED, whitelist=whitelist), NOON)
    assert known == ("accepted" if whitelist is Whitelist.ALWAYS else None)


@pytest.mark.parametrize(
    ("age_s", "word"), [(0, "no_credit"), (119, "no_credit"), (120, None), (-1, None)]
)
def test_a_partners_word_holds_for_two_minutes(age_s: int, word: str | None) -> None:
    said = replace(ASKED, answer=Allowed.NO_CREDIT, answered_at=NOON - timedelta(seconds=age_s))
    assert rules.known(said, NOON) == word


def test_a_silent_partners_contract_charges_unless_it_was_agreed_that_it_never_does() -> None:
    words = {each: rules.in_silence(each) for each in Whitelist}
    assert words.pop(Whitelist.NEVER) == "blocked"
    assert set(words.values()) == {"accepted"}


def test_what_was_told_in_vain_is_told_later_and_later_for_three_days() -> None:
    pauses = [rules.next_try(tries, NOON, NOON) for tries in range(1, 10)]
    waits = [(at - NOON).total_seconds() for at in pauses if at]
    assert waits == [5, 10, 30, 60, 120, 300, 600, 600, 600]
    assert rules.next_try(3, NOON, NOON + timedelta(days=3)) is None


@pytest.mark.parametrize(
    "url",
    [
        "",
        "http://aurora.example",
        "ftp://aurora.example",
        "https://",
        "https://me:secret@aurora.example",
        "https://aurora.example/?a=b",
        "https://aurora.example:99999",
        "https://auro ra.example",
        "https://[::1",
        f"https://aurora.example/{'x' * 300}",
    ],
)
def test_an_address_that_cannot_be_a_platforms_is_refused(url: str) -> None:
    with pytest.raises(NotAnAddress):
        rules.address(url)


@pytest.mark.parametrize(
    "url", ["https://aurora.example/voltway", "http://127.0.0.1:9", "http://[::1]:9"]
)
def test_an_address_is_kept_without_the_slash_at_its_end(url: str) -> None:
    assert rules.address(f" {url}/ ") == url


@pytest.mark.parametrize(("country", "own"), [("D", "AUR"), ("DE", "AU"), ("D1", "AUR"), ("", "")])
def test_a_partner_is_known_as_ocpi_knows_parties(country: str, own: str) -> None:
    assert rules.ident("de", " aur ") == ("DE", "AUR")
    with pytest.raises(NotAPartnerIdent):
        rules.ident(country, own)


@pytest.mark.parametrize(
    "header",
    ["", "t=1", "t=,v1=", "v1=abc", "t=x,v1=y", "t=99999999999999,v1=a", "t=1000,v1=é", "t=1000"],
)
def test_what_is_no_signature_is_not_believed(header: str) -> None:
    assert not signing.is_signed("secret", b"body", header, now_s=1000)


def test_a_signature_is_of_its_bytes_its_secret_and_its_time() -> None:
    signed = signing.signature("secret", b"body", 1000)
    assert signing.is_signed("secret", b"body", signed, now_s=1300)
    assert not signing.is_signed("secret", b"body", signed, now_s=1301)
    assert not signing.is_signed("secret", b"bodY", signed, now_s=1000)
    assert not signing.is_signed("Secret", b"body", signed, now_s=1000)
    assert not signing.is_signed("secret", b"body", signed.replace("t=1000", "t=1001"), now_s=1000)
