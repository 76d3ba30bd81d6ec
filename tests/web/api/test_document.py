"""The description of the API, held against what the API really answers."""

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from tests.network import a_station, a_token
from tests.web.api.conftest import Caller, who_may
from voltway.runtime.work import BeginWork

METHODS = {"get", "post", "put", "patch", "delete"}
NO_ONE = "01900000-0000-7000-8000-000000000000"


@pytest.fixture
async def told(owner: Caller) -> dict[str, Any]:
    answer = await owner.client.get("/api/openapi.json")
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def operations(told: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (path, method, operation)
        for path, methods in told["paths"].items()
        for method, operation in methods.items()
        if method in METHODS
    ]


def schema(told: dict[str, Any], wanted: dict[str, Any]) -> Draft202012Validator:
    """A schema of the document, with its references found."""
    whole = {**wanted, "components": told["components"]}
    Draft202012Validator.check_schema(whole)
    return Draft202012Validator(whole, format_checker=Draft202012Validator.FORMAT_CHECKER)


def path_ids(path: str) -> list[str]:
    return re.findall(r"{(\w+)}", path)


async def test_the_description_is_complete(told: dict[str, Any]) -> None:
    assert told["openapi"].startswith("3.1")
    assert {path.split("/")[3] for path in told["paths"]} >= {
        *("parties", "locations", "stations", "evses", "tokens", "tariffs", "sessions", "orders"),
        *("payments", "ledger", "settlements", "receipts", "lobby"),
    }
    names = [operation["operationId"] for _, _, operation in operations(told)]
    assert len(set(names)) == len(names)
    tags = {each["name"] for each in told["tags"]}
    for path, method, operation in operations(told):
        where = f"{method} {path}"
        assert operation["summary"], where
        assert set(operation["tags"]) <= tags, where
        assert {"401", "403", "429", "503"} <= set(operation["responses"]), where
        told_ids = {
            each["name"] for each in operation.get("parameters", ()) if each["in"] == "path"
        }
        assert told_ids == set(path_ids(path)), where
    for component in told["components"]["schemas"].values():
        Draft202012Validator.check_schema(component)


async def test_every_reference_is_found(owner: Caller) -> None:
    text = (await owner.client.get("/api/openapi.json")).text
    found = set(re.findall(r'"#/components/schemas/([^"]+)"', text))
    assert "PortStatus" in found
    assert found <= json.loads(text)["components"]["schemas"].keys()


async def test_every_operation_says_what_it_takes(told: dict[str, Any]) -> None:
    bodies = {
        path: operation["requestBody"]["content"]["application/json"]["schema"]
        for path, method, operation in operations(told)
        if method == "post" and "requestBody" in operation
    }
    assert bodies["/api/v1/locations"] == {"$ref": "#/components/schemas/NewLocation"}
    kinds = bodies["/api/v1/stations/{station_id}/orders"]["discriminator"]["mapping"]
    assert {"start", "stop", "reset", "unlock", "vendor_data"} <= kinds.keys()
    assert "/api/v1/tariffs" in bodies


async def test_every_read_answers_as_described(
    told: dict[str, Any], owner: Caller, aurora: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        await a_station(work, owner.party)
        await a_token(work, owner.party)
    for path, method, operation in operations(told):
        if method != "get":
            continue
        answer = await who_may(path, owner, aurora).get(re.sub(r"{\w+}", NO_ONE, path))
        status = str(answer.status_code)
        assert status == ("404" if path_ids(path) else "200"), f"{path}: {answer.text}"
        kind = answer.headers["content-type"].split(";")[0]
        described = operation["responses"][status]["content"][kind]["schema"]
        schema(told, described).validate(answer.json())


async def test_every_read_of_one_thing_answers_as_described(
    told: dict[str, Any], owner: Caller, aurora: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        await a_station(work, owner.party)
        await a_token(work, owner.party)
    read = 0
    for path, method, operation in operations(told):
        listing = path.rsplit("/", 1)[0]
        if method != "get" or not path.endswith("}") or "get" not in told["paths"].get(listing, {}):
            continue
        caller = who_may(path, owner, aurora)
        for item in await caller.items(listing):
            answer = await caller.get(f"{listing}/{item['id']}")
            assert answer.status_code == 200, answer.text
            described = operation["responses"]["200"]["content"]["application/json"]["schema"]
            schema(told, described).validate(answer.json())
            read += 1
    assert read >= 5


async def test_every_operation_refuses_who_has_no_key(told: dict[str, Any], owner: Caller) -> None:
    for path, method, operation in operations(told):
        answer = await owner.client.request(method.upper(), re.sub(r"{\w+}", NO_ONE, path))
        assert answer.status_code == 401, f"{method} {path}"
        assert answer.headers["www-authenticate"].startswith("Bearer")
        assert answer.headers["content-type"] == "application/problem+json"
        described = operation["responses"]["401"]["content"]["application/problem+json"]
        schema(told, described["schema"]).validate(answer.json())


async def test_the_page_to_try_it_runs_nothing_inline(owner: Caller) -> None:
    for path in ("/api", "/api/"):
        page = await owner.client.get(path)
        assert page.status_code == 200
        assert page.headers["content-type"].startswith("text/html")
        assert "script-src 'self'" in page.headers["content-security-policy"]
        assert re.findall(r"<script(?![^>]* src=)|<style| on\w+=| style=", page.text) == []
        for asset in re.findall(r'(?:src|href)="(/assets/[^"]+)"', page.text):
            assert (await owner.client.get(asset)).status_code == 200, asset
