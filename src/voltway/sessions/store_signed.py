"""What meters signed, found among the readings of sessions, hot and packed."""

from collections.abc import Collection
from datetime import datetime

import msgspec

from voltway.kernel.ids import SessionId
from voltway.runtime.work import Work
from voltway.sessions.model import Session, SignedSample
from voltway.sessions.rules_thinning import SIGNED_PLACE
from voltway.sessions.store_packs import SET_BACK_MAX, packed_readings


async def signed_samples(
    work: Work, sessions: Collection[Session]
) -> dict[SessionId, list[SignedSample]]:
    """The samples that carry a signature, each once, in the order of their moments; sessions
    without any are left out. The readings are kept as they were heard, so nothing is added to how
    they are written."""
    found: dict[SessionId, set[tuple[datetime, datetime, str]]] = {}
    if not sessions:
        return {}
    rows = await work.all(
        """
        SELECT session_id, at, received_at, rest
          FROM session_reading
         WHERE session_id = ANY($1::uuid[]) AND received_at BETWEEN $2 AND $3
           AND (rest LIKE '%"SignedData"%' OR rest LIKE '%"method":%')
        """,
        [each.id for each in sessions],
        min(each.created_at for each in sessions) - SET_BACK_MAX,
        max(each.heard_at for each in sessions) + SET_BACK_MAX,
    )
    for row in rows:
        kept = found.setdefault(row["session_id"], set())
        kept.add((row["at"], row["received_at"], row["rest"]))
    for id, packed in (await packed_readings(work, sessions)).items():
        for each in packed:
            if each.rest is not None:
                found.setdefault(id, set()).add((each.at, each.received_at, each.rest))
    samples = {
        id: [sample for _, _, rest in sorted(kept) for sample in _signed(rest)]
        for id, kept in found.items()
    }
    return {id: list(dict.fromkeys(each)) for id, each in samples.items() if each}


def _signed(rest: str) -> list[SignedSample]:
    """The signed ones of the samples in a reading's rest; see ``ocpp.metering``."""
    samples = msgspec.json.decode(f"[{rest}]")
    if samples and isinstance(samples[0], list) and not isinstance(samples[0][0], str):
        samples = samples[0]
    found = []
    for sample in samples:
        if isinstance(sample, dict):  # rows from before samples were kept by their places
            value, signed = sample.get("value"), sample.get("signed")
        elif len(sample) >= SIGNED_PLACE:
            value, signed = sample[1], sample[SIGNED_PLACE - 1]
        else:
            continue
        if isinstance(signed, dict):
            data, key = signed.get("data"), signed.get("key")
            found.append(SignedSample(str(data or ""), str(key or "")))
        elif signed is not None:
            found.append(SignedSample(str(value or ""), ""))
    return found
