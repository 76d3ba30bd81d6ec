"""The API's description (OpenAPI 3.1) and the page to try it.

Litestar tells paths and parameters; what goes in and out is told by ``msgspec``, which knows every
bound and sentence of our shapes; and each operation gets the problems that it can answer with.
"""

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from litestar import MediaType, Request
from litestar.openapi.plugins import JsonRenderPlugin, OpenAPIRenderPlugin
from litestar.response import Response
from litestar.routes import HTTPRoute

from voltway.web import assets
from voltway.web.api import operations
from voltway.web.api.doorkeeper import NEEDS
from voltway.web.api.faults import Problem
from voltway.web.api.operations import ALSO, BODY, GIVES, KEY_REQUIRED

ROOT: Final = "/api/v1"
REFS: Final = "#/components/schemas/{name}"

#: What can go wrong, by status, and when.
TROUBLES: Final = {
    "400": "The request cannot be read.",
    "401": "No API key, or none that holds.",
    "403": "The key's role may not do this.",
    "404": "There is nothing of this id, or it is of another party.",
    "409": "Not as things stand, or the Idempotency-Key was used for another request.",
    "413": "The body is too large.",
    "422": "A field of the request is not right; `errors` tells which.",
    "429": "The key asks too often; `Retry-After` tells when to ask again.",
    "500": "Our fault; the problem has a number that our log knows.",
    "503": "Something that we need does not answer now; `Retry-After` tells when to ask again.",
    "504": "The station did not answer in time.",
}
ALWAYS: Final = ("400", "401", "403", "422", "429", "500", "503")

BEARER: Final = {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "vw_…"}}

KEY_PARAMETER: Final = {
    "name": "Idempotency-Key",
    "in": "header",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    "description": "The same key and request are done once and given the same answer for a day.",
}


def document(request: Request[Any, Any, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """The description of the API of this site."""
    handlers = {
        (route.path_format, method.lower()): handler
        for route in request.app.routes
        if isinstance(route, HTTPRoute) and route.path.startswith(f"{ROOT}/")
        for method, (handler, _) in route.route_handler_map.items()
        if method != "OPTIONS"
    }
    types = [each for handler in handlers.values() for each in _types(handler)]
    schemas, components = _schemas(types)
    paths: dict[str, dict[str, Any]] = {}
    for (path, method), handler in sorted(handlers.items()):
        operation = {**told["paths"][path][method]}
        paths.setdefault(path, {})[method] = _operation(operation, path, method, handler, schemas)
    return {
        "openapi": "3.1.0",
        "info": told["info"],
        "servers": [{"url": "/"}],
        "security": [{"bearer": []}],
        "paths": paths,
        "components": {"schemas": components, "securitySchemes": BEARER},
        "tags": told.get("tags", []),
    }


def _types(handler: Any) -> list[Any]:
    found = [_answer(handler), Problem, _body(handler)]
    return [each for each in found if each is not type(None) and each is not None]


def _answer(handler: Any) -> Any:
    """What an operation answers with, if it is JSON."""
    if GIVES in handler.opt:
        return None
    returned = handler.parsed_fn_signature.return_type
    return (
        returned.inner_types[0].annotation if returned.origin is Response else returned.annotation
    )


def _body(handler: Any) -> Any:
    """What an operation takes, if it takes something."""
    data = handler.parsed_fn_signature.parameters.get("data")
    return handler.opt.get(BODY) if data is None else data.annotation


def _schemas(types: list[Any]) -> tuple[dict[Any, Any], dict[str, Any]]:
    wanted = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(wanted, ref_template=REFS)
    return dict(zip(wanted, schemas, strict=True)), components


def _operation(
    operation: dict[str, Any], path: str, method: str, handler: Any, schemas: dict[Any, Any]
) -> dict[str, Any]:
    body = _body(handler)
    if body is not None:
        content = {"application/json": {"schema": schemas[body]}}
        operation["requestBody"] = {"required": True, "content": content}
    parameters = [_parameter(each) for each in operation.get("parameters", [])]
    if method == "post":
        parameters.append({**KEY_PARAMETER, "required": bool(handler.opt.get(KEY_REQUIRED))})
    operation["parameters"] = parameters
    needs = f"Needs the permission `{handler.opt[NEEDS]}`."
    words = " ".join((handler.fn.__doc__ or "").split())
    operation["description"] = f"{words} {needs}".strip()
    operation["responses"] = _responses(path, method, handler, schemas)
    return operation


def _parameter(told: dict[str, Any]) -> dict[str, Any]:
    """A parameter without what goes without saying: one that may be left out is never null."""
    schema = {name: value for name, value in told["schema"].items() if name != "description"}
    inner = [each for each in schema.pop("oneOf", ()) if each != {"type": "null"}]
    for each in inner:
        schema.update(each)
    names: tuple[str, ...] = ("name", "in", "description", "required")
    return {**{name: told[name] for name in names if name in told}, "schema": schema}


def _responses(
    path: str, method: str, handler: Any, schemas: dict[Any, Any]
) -> dict[str, dict[str, Any]]:
    answer = _answer(handler)
    content = {"application/json": {"schema": schemas[answer]}} if answer in schemas else {}
    if GIVES in handler.opt:
        content = {handler.opt[GIVES]: {"schema": {"type": "string"}}}
    found: dict[str, dict[str, Any]] = {}
    done = (getattr(answer, "__doc__", None) or "Done.").splitlines()[0]
    for status, words in {handler.status_code: done, **handler.opt.get(ALSO, {})}.items():
        found[str(int(status))] = {"description": words}
        if content:
            found[str(int(status))]["content"] = content
    statuses = [*ALWAYS, *handler.opt.get(operations.TROUBLES, ())]
    if "{" in path:
        statuses.append("404")
    if method in ("post", "patch"):
        statuses += ["409", "413"]
    problem = {"application/problem+json": {"schema": schemas[Problem]}}
    for status in sorted(set(statuses)):
        found[status] = {"description": TROUBLES[status], "content": problem}
    return found


class Described(JsonRenderPlugin):
    """``/api/openapi.json``."""

    def __init__(self) -> None:
        super().__init__(path="/openapi.json", media_type=MediaType.JSON)

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        return msgspec.json.encode(document(request, openapi_schema))


PAGE: Final = """\
<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Voltway API</title>
<link rel="icon" href="{mark}">
<link rel="stylesheet" href="{sheet}">
<script src="{swagger}" defer></script>
<script src="{starter}" defer></script>
</head>
<body>
<main id="api" data-openapi="/api/openapi.json">
<noscript>This page needs JavaScript. The API is described in
<a href="/api/openapi.json">/api/openapi.json</a>.</noscript>
</main>
</body>
</html>
"""


class TryIt(OpenAPIRenderPlugin):
    """``/api/``: Swagger UI from our own assets, started by a file of ours, nothing inline."""

    def __init__(self) -> None:
        super().__init__(path="/")

    def render(self, request: Request[Any, Any, Any], openapi_schema: dict[str, Any]) -> bytes:
        built = assets.load()
        return PAGE.format(
            mark=built.url("mark.svg"),
            sheet=built.url("swagger-ui.css"),
            swagger=built.url("swagger-ui.js"),
            starter=built.url("api.js"),
        ).encode()
