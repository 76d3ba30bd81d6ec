"""Who is let in, what a role may do, and how often a key may ask."""

from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest

from tests.network import a_location, a_station, a_token
from tests.web.api.conftest import Caller
from voltway.parties import actions as parties
from voltway.parties.model import Role
from voltway.runtime.clock import JumpingClock
from voltway.runtime.work import BeginWork
from voltway.web.api.pace import Pace

WithRole = Callable[[Role], Awaitable[Caller]]


@pytest.mark.parametrize(
    ("shown", "code"),
    [
        pytest.param({}, "no_key", id="nothing"),
        pytest.param({"Authorization": "Basic YTpi"}, "no_key", id="another scheme"),
        pytest.param({"Authorization": "Bearer"}, "no_key", id="no key"),
        pytest.param({"Authorization": "Bearer nonsense"}, "key_not_valid", id="nonsense"),
        pytest.param(
            {"Authorization": f"Bearer vw_{'0' * 32}_{'a' * 43}"}, "key_not_valid", id="made up"
        ),
        pytest.param({"Cookie": "session=x"}, "no_key", id="a cookie"),
    ],
)
async def test_without_a_key_that_holds_nothing_is_told(
    owner: Caller, shown: dict[str, str], code: str
) -> None:
    answer = await owner.client.get("/api/v1/stations", headers=shown)

    assert answer.status_code == 401
    assert answer.headers["www-authenticate"].startswith('Bearer realm="Voltway"')
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert "\n" not in answer.json()["detail"]


async def test_a_key_that_was_revoked_or_is_over_lets_nobody_in(
    owner: Caller, begin: BeginWork, clock: JumpingClock
) -> None:
    async with begin() as work:
        id, revoked = await parties.add_api_key(work, owner.party.id, name="Old", role=Role.OWNER)
        _, short = await parties.add_api_key(
            work,
            owner.party.id,
            name="Short",
            role=Role.OWNER,
            expires_at=work.now + timedelta(hours=1),
        )
        actor = await parties.who_by_key(work, owner.key)
        assert actor is not None
        await parties.revoke_api_key(work, actor, id)

    assert (await Caller(owner.client, owner.party, revoked).get("/key")).status_code == 401
    assert (await Caller(owner.client, owner.party, short).get("/key")).status_code == 200
    clock.jump(timedelta(hours=1))
    assert (await Caller(owner.client, owner.party, short).get("/key")).status_code == 401


async def test_a_key_tells_what_it_may_do(with_role: WithRole) -> None:
    viewer = await with_role(Role.VIEWER)

    told = (await viewer.get("/key")).json()

    assert (told["role"], told["permissions"]) == ("viewer", ["see_all"])
    assert told["party_id"] == str(viewer.party.id)


NO_ONE = "01900000-0000-7000-8000-000000000000"
CALLS: list[tuple[str, str, dict[str, str]]] = [
    ("GET", "/stations", {}),
    ("GET", "/payments", {}),
    ("GET", "/ledger/entries", {}),
    ("GET", "/lobby", {}),
    ("POST", "/locations", {}),
    ("POST", "/tokens", {}),
    ("POST", "/tariffs", {}),
    ("POST", f"/stations/{NO_ONE}/orders", {}),
    ("POST", f"/stations/{NO_ONE}/calls", {}),
    ("POST", f"/payments/{NO_ONE}/refunds", {}),
    ("POST", f"/settlements/{NO_ONE}/try-again", {}),
    ("DELETE", f"/stations/{NO_ONE}", {}),
]


@pytest.mark.parametrize(
    ("role", "refused"),
    [
        pytest.param(Role.OWNER, set(), id="owner"),
        pytest.param(Role.OPERATOR, {9, 10}, id="operator: moves no money"),
        pytest.param(Role.SUPPORT, {3, 4, 5, 6, 8, 11}, id="support: changes no network"),
        pytest.param(Role.VIEWER, set(range(1, 12)), id="viewer: looks at the network"),
    ],
)
async def test_a_role_may_do_what_is_its_own(
    with_role: WithRole, role: Role, refused: set[int]
) -> None:
    caller = await with_role(role)

    answers = [await caller.ask(method, path, json=body) for method, path, body in CALLS]

    assert {n for n, answer in enumerate(answers) if answer.status_code == 403} == refused
    for number in refused:
        assert answers[number].json()["code"] == "not_allowed"
        assert role.value in answers[number].json()["detail"]
    assert not any(answer.status_code >= 500 for answer in answers)


class TestSlow:
    """A key whose bucket holds three requests and gets one a second."""

    @pytest.fixture
    def pace(self) -> Pace:
        return Pace(refill_per_s=1, burst=3)

    async def test_who_asks_too_often_is_told_when_to_ask_again(
        self, owner: Caller, stranger: Caller, clock: JumpingClock
    ) -> None:
        paths = ("/key", "/stations", "/tokens", "/ledger/accounts")
        assert [(await owner.get(path)).status_code for path in paths] == [200, 200, 200, 429]
        refused = await owner.get("/key")
        assert refused.headers["retry-after"] == "2"
        assert refused.json()["code"] == "too_fast"
        assert (await stranger.get("/key")).status_code == 200

        clock.jump(timedelta(seconds=1))
        assert [(await owner.get("/key")).status_code for _ in range(2)] == [200, 429]


async def test_nothing_of_another_party_is_seen(
    owner: Caller, stranger: Caller, begin: BeginWork
) -> None:
    async with begin() as work:
        theirs = await a_station(work, stranger.party)
        card = await a_token(work, stranger.party)
        ours = await a_location(work, owner.party)

    paths = [
        f"/parties/{stranger.party.id}",
        f"/locations/{theirs.location.id}",
        f"/stations/{theirs.station.id}",
        f"/evses/{theirs.evse()}",
        f"/tokens/{card.id}",
    ]
    for path in paths:
        assert (await owner.get(path)).status_code == 404, path
        assert (await stranger.get(path)).status_code == 200, path
    for listing in ("parties", "locations", "stations", "evses", "tokens"):
        ids = [each["id"] for each in await owner.items(f"/{listing}")]
        assert ids in ([], [str(ours.id)], [str(owner.party.id)]), listing
    assert (await owner.ask("PATCH", paths[1], json={"name": "Ours"})).status_code == 404
    assert (await owner.ask("PATCH", paths[4], json={"status": "blocked"})).status_code == 404
    added = {"location_id": str(theirs.location.id), "identity": "X", "evses": [{"number": 1}]}
    assert (await owner.post("/stations", added)).status_code == 404
    ordered = {"kind": "reset"}
    assert (await owner.post(f"{paths[2]}/orders", ordered)).status_code == 404
    assert (await owner.post(f"{paths[2]}/calls", {"action": "Reset"})).status_code == 404
    assigned = {"tariff": None, "station_id": str(theirs.station.id)}
    assert (await owner.post("/tariff-assignments", assigned)).status_code == 404
