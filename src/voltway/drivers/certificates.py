"""Which roots of contract certificates a party trusts, and how a car's certificate stands."""

import asyncio
from collections.abc import Collection
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from voltway.drivers import rules_certificates
from voltway.kernel.errors import Kind, Refusal
from voltway.kernel.ids import PartyId, new_id
from voltway.runtime.work import Work

PEM_MAX = 20_000


@dataclass(eq=False)
class NotARoot(Refusal):
    """This is no certificate of an authority, in PEM, that is good today."""

    kind: ClassVar[Kind] = Kind.INVALID


@dataclass(frozen=True, slots=True)
class Shown:
    """A token that a car showed with its contract certificate."""

    party: PartyId
    token: str
    chain: str


async def add_anchor(work: Work, party: PartyId, pem: str, *, by: str) -> None:
    """Trust the contract certificates that this authority issued. Raises ``NotARoot``."""
    try:
        root = x509.load_pem_x509_certificate(pem[:PEM_MAX].strip().encode())
        subject = root.subject.rfc4514_string()
        is_authority = root.extensions.get_extension_for_class(x509.BasicConstraints).value.ca
    except (ValueError, *rules_certificates.UNREADABLE) as error:
        raise NotARoot from error
    if not is_authority or not rules_certificates.is_in_time(root, work.now):
        raise NotARoot
    await work.run(
        """
        INSERT INTO trust_anchor (id, party_id, subject, sha256, pem, not_after, added_by, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (party_id, sha256) DO NOTHING
        """,
        new_id(work.now),
        party,
        subject[:200],
        root.fingerprint(SHA256()).hex(),
        pem.strip(),
        root.not_valid_after_utc,
        by,
        work.now,
    )


async def remove_anchor(work: Work, party: PartyId, id: UUID) -> None:
    await work.run("DELETE FROM trust_anchor WHERE id = $1 AND party_id = $2", id, party)


async def judge(work: Work, shown: Collection[tuple[int, Shown]]) -> dict[int, str]:
    """How certificates stand, by the places of their questions; worked out beside the loop, for a
    signature costs a part of a millisecond."""
    rows = await work.all(
        "SELECT party_id, pem FROM trust_anchor WHERE party_id = ANY($1::uuid[])",
        list({each.party for _, each in shown}),
    )
    anchors: dict[PartyId, list[str]] = {}
    for row in rows:
        anchors.setdefault(PartyId(row["party_id"]), []).append(row["pem"])
    now = work.now

    def judged() -> dict[int, str]:
        return {
            place: rules_certificates.status_of(
                each.chain, anchors.get(each.party, ()), each.token, now
            )
            for place, each in shown
        }

    return await asyncio.to_thread(judged)
