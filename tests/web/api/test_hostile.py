"""Whatever is sent, the answer is a problem of the caller's, never a fault of ours."""

import json
from typing import Any

import pytest

from tests.network import a_location, a_station, a_token
from tests.web.api.conftest import Caller, who_may
from voltway.runtime.work import BeginWork

NASTY: list[Any] = [
    *(None, True, [], {}, "", " ", "\x00", "a\x00b", "💥" * 50, "a" * 5000, "'; DROP TABLE token"),
    *(0, -1, 2**31, 2**63, -(2**63) - 1, 2**200, 0.1, 1e308, -1e-308, "NaN", "1e999"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59-23:59", "../../etc/passwd", "\u202e", "\\"),
]

NO_ONE = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def bodies(owner: Caller, begin: BeginWork) -> dict[str, list[dict[str, Any]]]:
    """Requests that are right, by their paths."""
    async with begin() as work:
        place = await a_location(work, owner.party)
        built = await a_station(work, owner.party, place)
        card = await a_token(work, owner.party)
    station = f"/stations/{built.station.id}"
    evse = {"number": 1, "connector_type": "IEC_62196_T2", "current": "AC", "power_w": 1}
    return {
        "/locations": [
            {
                **{"name": "A", "address": "B", "city": "C", "postal_code": "D"},
                **{"country": "FIN", "lat": 1.5, "lon": 1.5, "time_zone": "UTC"},
                "published": True,
            }
        ],
        "/stations": [{"location_id": str(place.id), "identity": "N", "evses": [evse]}],
        "/tokens": [
            {
                **{"uid": "AA", "kind": "rfid", "label": "x", "email": "a@example.org"},
                "valid_until": "2030-01-01T00:00:00Z",
            }
        ],
        "/tariff-assignments": [
            {"tariff": "T", "location_id": str(place.id), "since": "2030-01-01T00:00:00Z"}
        ],
        f"{station}/orders": [
            {"kind": "start", "evse": 1, "token": card.uid},
            {"kind": "stop", "transaction_ref": "1"},
            {"kind": "reset", "immediate": True, "evse": 1},
            {"kind": "unlock", "evse": 1, "connector": 1},
            {"kind": "trigger", "message": "Heartbeat", "evse": 1},
            {"kind": "read_variables", "names": ["a"]},
            {"kind": "set_variable", "name": "a", "value": "b"},
            {"kind": "vendor_data", "vendor": "a", "message": "b", "data": "c"},
        ],
        f"{station}/calls": [{"action": "Reset", "payload": {"type": "Soft"}, "timeout_s": 1}],
        f"/payments/{NO_ONE}/refunds": [{"amount": "1.00", "reason": "x"}],
        f"/lobby/{NO_ONE}/adopt": [{"location_id": str(place.id), "evses": [evse]}],
    }


async def test_no_value_of_a_field_breaks_us(
    owner: Caller, bodies: dict[str, list[dict[str, Any]]]
) -> None:
    sent = 0
    for path, rights in bodies.items():
        for right in rights:
            for field in right:
                for value in NASTY:
                    content = json.dumps({**right, field: value}).encode()
                    headers = {"Idempotency-Key": f"k{sent}"} if "refunds" in path else {}
                    answer = await owner.ask("POST", path, content=content, headers=headers)
                    where = f"{path} {field}={value!r:.40}: {answer.text[:300]}"
                    assert answer.status_code < 500, where
                    if answer.status_code >= 400:
                        kind = answer.headers["content-type"]
                        assert kind == "application/problem+json", where
                    sent += 1
    assert sent > 500


@pytest.mark.parametrize("body", [b"[]", b"1", b'"x"', b"null", b"{}", b"[[[[", b"{} {}", b"\xef"])
async def test_no_body_breaks_us(
    owner: Caller, bodies: dict[str, list[dict[str, Any]]], body: bytes
) -> None:
    for path in (*bodies, "/tariffs", "/tariffs/lint"):
        headers = {"Idempotency-Key": "k", "Content-Type": "text/plain"}
        answer = await owner.ask("POST", path, content=body, headers=headers)
        assert 400 <= answer.status_code < 500, f"{path}: {answer.text}"


async def test_no_parameter_breaks_us(owner: Caller, aurora: Caller) -> None:
    told = (await owner.client.get("/api/openapi.json")).json()
    for path, methods in told["paths"].items():
        for parameter in methods.get("get", {}).get("parameters", ()):
            for value in NASTY:
                if parameter["in"] != "query" or not isinstance(value, (str, int, float)):
                    continue
                asked = path.replace("{", "").replace("}", "") if "{" not in path else None
                if asked is None:
                    continue
                answer = await who_may(path, owner, aurora).get(
                    asked, params={parameter["name"]: value}
                )
                where = f"{path}?{parameter['name']}={value!r:.40}: {answer.text[:300]}"
                assert answer.status_code in (200, 422), where
