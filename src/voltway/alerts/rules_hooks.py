"""What a program is told of a fact, and when it is told again."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

import msgspec

from voltway.alerts.model import Alert
from voltway.alerts.model_hooks import ALERTS, FACTS, TEST, Hook, HookEvent
from voltway.alerts.rules import TRIES_MAX, pause
from voltway.alerts.words_events import Say
from voltway.disruptions.model import Disruption, PlaceFact, PlaceUncertain
from voltway.kernel.facts import Fact

#: Whose card it was, and what a person wrote, is nobody's business but of who may ask for it.
_KEPT_BACK: Final = frozenset({"party", "at", "token", "words", "email"})


#: Of these is said how many they are: a place may have a thousand, each somebody's.
_COUNTED: Final = frozenset({"watches"})


def event_of(hook: Hook, fact: Fact, more: Mapping[str, Any]) -> HookEvent:
    """A fact as this program is told of it, with what else is known of it and stays so. The same
    fact is the same event."""
    data: dict[str, Any] = {}
    for each in fields(fact):
        value = getattr(fact, each.name)
        if each.name in _COUNTED:
            data[each.name] = len(value)
        elif each.name not in _KEPT_BACK:
            data[f"{each.name}_id" if isinstance(value, UUID) else each.name] = value
    return _event(hook, FACTS[type(fact)], fact.subject, fact.at, data | {**more})


def disrupted(these: Sequence[Disruption], fact: PlaceFact) -> dict[str, Any]:
    """What a program is told of the disruptions of a place: where each is, what, and since when;
    why it has ended, where nobody knows whether it is well."""
    is_unsure = isinstance(fact, PlaceUncertain)
    return {
        "disruptions": [
            {
                "id": each.id,
                "station_id": each.station,
                "evse_id": each.evse,
                "kind": each.kind,
                "began_at": each.began_at,
            }
            | ({"why": each.over_why} if is_unsure else {})
            for each in these
        ]
    }


def alert_of(hook: Hook, alert: Alert, said: Say, public_url: str) -> HookEvent:
    """What operators are told as this program is told of it, in their words and by its parts."""
    assert alert.event is not None, "a program is told events"
    facts = dict(alert.facts or {})
    page = facts.pop("page", "")
    data = {
        "event": alert.event,
        "title": said.title,
        "text": said.body,
        "page": f"{public_url}{page}" if page else "",
        "facts": facts,
    }
    return _event(hook, ALERTS[alert.event], alert.about, alert.created_at, data)


def test_of(hook: Hook, id: UUID, now: datetime) -> HookEvent:
    """An event that says nothing, to see whether somebody hears."""
    said = {"message": "This is a test. Nothing happened."}
    return _event(hook, TEST, f"test:{id}", now, said)


def _event(hook: Hook, kind: str, subject: str, at: datetime, data: dict[str, Any]) -> HookEvent:
    said = msgspec.json.encode(data, order="deterministic")
    id = uuid5(hook.id, f"{kind} {subject} {at.isoformat()} {said.decode()}")
    body = msgspec.json.encode(
        {"id": id, "type": kind, "subject": subject, "at": at, "data": msgspec.Raw(said)}
    )
    return HookEvent(
        id=id,
        hook=hook.id,
        party=hook.party,
        kind=kind,
        subject=subject,
        body=body,
        made_at=at,
    )


def next_try(tries: int, now: datetime) -> datetime | None:
    """When an event that was told in vain so often is told again; ``None``: no more."""
    return None if tries >= TRIES_MAX else now + pause(tries)
