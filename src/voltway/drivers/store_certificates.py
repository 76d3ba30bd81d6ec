"""The SQL of what is known of contract certificates, and of what their issuers say of them."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from voltway.drivers.rules_ocsp import Answer, Key, Word
from voltway.kernel.ids import PartyId, StationId, new_id
from voltway.runtime.work import Work


@dataclass(frozen=True, slots=True)
class Kept:
    """An answer, and when it was asked for."""

    answer: Answer
    asked_at: datetime


@dataclass(frozen=True, slots=True)
class Certificate:
    """A contract certificate that a car showed at a station."""

    key: Key
    emaid: str
    issuer: str
    not_after: datetime


async def anchors(work: Work, party: PartyId) -> list[str]:
    rows = await work.all("SELECT pem FROM trust_anchor WHERE party_id = $1", party)
    return [row["pem"] for row in rows]


async def authorities(work: Work, party: PartyId) -> list[str]:
    rows = await work.all(
        "SELECT pem FROM contract_authority WHERE party_id = $1 AND not_after > $2", party, work.now
    )
    return [row["pem"] for row in rows]


async def note_authorities(work: Work, party: PartyId, found: Collection[x509.Certificate]) -> None:
    """Keep authorities of a chain that held. Those that are known are written once a day."""
    named = {each.fingerprint(SHA256()).hex(): each for each in found}
    for sha256, each in sorted(named.items()):
        await work.run(
            """
            INSERT INTO contract_authority AS a (party_id, sha256, pem, subject, not_after, seen_at)
            VALUES ($1, $2, $3, $4, $5, $6)
                ON CONFLICT (party_id, sha256) DO UPDATE SET seen_at = excluded.seen_at
             WHERE a.seen_at < excluded.seen_at - interval '1 day'
            """,
            party,
            sha256,
            each.public_bytes(Encoding.PEM).decode(),
            each.subject.rfc4514_string()[:200],
            each.not_valid_after_utc,
            work.now,
        )


async def certificates(
    work: Work, party: PartyId, keys: Collection[Key]
) -> dict[Key, tuple[str, datetime]]:
    """The contracts of certificates that were seen before, and until when they are good."""
    rows = await work.all(
        """
        SELECT key_hash, serial, emaid, not_after FROM contract_certificate
         WHERE party_id = $1
           AND (key_hash, serial) IN (SELECT * FROM unnest($2::text[], $3::text[]))
        """,
        party,
        [key.key_hash for key in keys],
        [key.serial for key in keys],
    )
    known = {(row["key_hash"], row["serial"]): row for row in rows}
    return {
        key: (row["emaid"], row["not_after"])
        for key in keys
        if (row := known.get((key.key_hash, key.serial))) is not None
    }


async def note_certificate(
    work: Work, party: PartyId, station: StationId, shown: Certificate
) -> None:
    await work.run(
        """
        INSERT INTO contract_certificate (id, party_id, key_hash, serial, emaid, issuer, not_after,
                                          first_at, seen_at, station_id, state)
        VALUES ($9, $1, $2, $3, $4, $5, $6, $7, $7, $8, 'unchecked')
            ON CONFLICT (party_id, key_hash, serial) DO UPDATE SET seen_at = $7, station_id = $8
        """,
        party,
        shown.key.key_hash,
        shown.key.serial,
        shown.emaid,
        shown.issuer[:200],
        shown.not_after,
        work.now,
        station,
        new_id(work.now),
    )


async def note_words(work: Work, party: PartyId, words: Mapping[Key, Word]) -> None:
    """Note what the issuers said now of certificates that were shown."""
    for key, word in sorted(words.items(), key=lambda said: said[0].serial):
        await work.run(
            """
            UPDATE contract_certificate SET state = $4, checked_at = $5
             WHERE party_id = $1 AND key_hash = $2 AND serial = $3
            """,
            party,
            key.key_hash,
            key.serial,
            "unchecked" if word is Word.UNKNOWN else word.value,
            work.now,
        )


async def answers(work: Work, party: PartyId, keys: Collection[Key]) -> dict[Key, Kept]:
    rows = await work.all(
        """
        SELECT * FROM ocsp_answer
         WHERE party_id = $1 AND (name_hash, key_hash, serial)
               IN (SELECT * FROM unnest($2::text[], $3::text[], $4::text[]))
        """,
        party,
        [key.name_hash for key in keys],
        [key.key_hash for key in keys],
        [key.serial for key in keys],
    )
    found = {}
    for row in rows:
        key = Key(row["algorithm"], row["name_hash"], row["key_hash"], row["serial"])
        answer = Answer(
            key=key,
            word=Word(row["word"]),
            said_at=row["said_at"],
            until=row["next_update"],
            der=bytes(row["der"]),
        )
        found[key] = Kept(answer, row["asked_at"])
    return found


async def keep_answers(work: Work, party: PartyId, said: Collection[Answer]) -> None:
    """Keep what issuers said; nothing that was said before what is kept takes its place, so an old
    yes that somebody plays again does not undo a no."""
    for each in sorted(said, key=lambda each: (each.key.key_hash, each.key.serial)):
        await work.run(
            """
            INSERT INTO ocsp_answer AS a (party_id, algorithm, name_hash, key_hash, serial, word,
                                          said_at, next_update, asked_at, der)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
                ON CONFLICT (party_id, name_hash, key_hash, serial) DO UPDATE
               SET word = excluded.word, said_at = excluded.said_at,
                   next_update = excluded.next_update, asked_at = excluded.asked_at,
                   der = excluded.der
             WHERE a.said_at <= excluded.said_at
            """,
            party,
            each.key.algorithm,
            each.key.name_hash,
            each.key.key_hash,
            each.key.serial,
            each.word.value,
            each.said_at,
            each.until,
            work.now,
            each.der,
        )


async def forget(work: Work, after: timedelta) -> int:
    """Forget what nobody asked about for so long: answers, and certificates that are over. That one
    was taken back is kept for two years, the longest that a contract's is good."""
    before = work.now - after
    gone = await work.run(
        """
        DELETE FROM ocsp_answer
         WHERE asked_at < $1
           AND (word <> 'revoked' OR asked_at < $2::timestamptz - interval '2 years')
        """,
        before,
        work.now,
    )
    gone += await work.run("DELETE FROM contract_authority WHERE not_after < $1", before)
    return gone + await work.run("DELETE FROM contract_certificate WHERE not_after < $1", before)
