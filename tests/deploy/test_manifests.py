"""The manifests are valid Kubernetes, and fit what the house does."""

from collections.abc import Iterator, Mapping
from typing import Any

import kubernetes_validate
import pytest
import yaml

from tests.deploy.deployed import (
    MANIFESTS,
    container,
    image_environment,
    objects,
    pod,
    pod_settings,
    roles,
)
from voltway.web import health

#: The Kubernetes whose schemas they are checked against.
VERSION = "1.37"

ROLES = sorted(roles())
every_role = pytest.mark.parametrize("role", ROLES)


def port(address: str) -> int:
    return int(address.rpartition(":")[2])


def probes(role: str) -> Iterator[Mapping[str, Any]]:
    for name in ("startupProbe", "readinessProbe", "livenessProbe"):
        yield container(role)[name]


@pytest.mark.parametrize("named", sorted(objects()), ids=lambda named: f"{named[0]}-{named[1]}")
def test_an_object_is_what_kubernetes_knows(named: tuple[str, str]) -> None:
    kubernetes_validate.validate(dict(objects()[named]), VERSION, strict=True)


def test_everything_is_applied_but_the_example_of_the_secret() -> None:
    (kustomization,) = [file for file in MANIFESTS if file.name == "kustomization.yaml"]
    listed = set(yaml.safe_load(kustomization.read_text())["resources"])

    assert listed == {file.name for file in MANIFESTS} - {
        "kustomization.yaml",
        "secret.example.yaml",
    }


@every_role
def test_a_pod_starts_a_command_that_there_is_in_its_role(role: str) -> None:
    assert pod_settings(role).role == role


@every_role
def test_a_probe_asks_for_what_is_served_at_the_port_where_it_is(role: str) -> None:
    served = {path for handler in (health.live, health.ready) for path in handler.paths}
    ports = {each["name"]: each["containerPort"] for each in container(role)["ports"]}

    for probe in probes(role):
        assert probe["httpGet"]["path"] in served
        assert ports[probe["httpGet"]["port"]] == port(pod_settings(role).http)


@every_role
def test_a_pod_lives_on_while_the_database_is_away(role: str) -> None:
    assert container(role)["livenessProbe"]["httpGet"]["path"] in health.live.paths
    assert container(role)["readinessProbe"]["httpGet"]["path"] in health.ready.paths


@every_role
def test_a_stopping_pod_has_drained_before_it_is_killed(role: str) -> None:
    first_s = int(container(role)["lifecycle"]["preStop"]["exec"]["command"][1])

    assert pod(role)["terminationGracePeriodSeconds"] > first_s + pod_settings(role).drain_s + 5


@every_role
def test_a_service_leads_to_ports_that_its_pods_serve(role: str) -> None:
    service = objects().get(("Service", role))
    if service is None:
        assert role == "worker", "nobody comes to a worker"
        return
    ports = {each["name"]: each["containerPort"] for each in container(role)["ports"]}
    labels = objects()["Deployment", role]["spec"]["template"]["metadata"]["labels"]

    assert service["spec"]["selector"] == labels
    for each in service["spec"]["ports"]:
        assert each["port"] == ports[each["targetPort"]]


def test_stations_come_to_the_port_where_gateways_listen() -> None:
    (each,) = objects()["Service", "gateway"]["spec"]["ports"]

    assert each["port"] == port(pod_settings("gateway").ocpp)


@every_role
def test_at_most_one_pod_of_a_role_is_taken_away_at_a_time(role: str) -> None:
    budget = objects()["PodDisruptionBudget", role]["spec"]

    assert budget["maxUnavailable"] == 1
    assert (
        budget["selector"]["matchLabels"]
        == objects()["Deployment", role]["spec"]["selector"]["matchLabels"]
    )


@every_role
def test_the_names_of_services_set_nothing(role: str) -> None:
    assert pod(role)["enableServiceLinks"] is False


@every_role
def test_a_pod_writes_nowhere_and_is_nobody(role: str) -> None:
    assert pod(role)["securityContext"]["runAsNonRoot"] is True
    assert container(role)["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert "VOLTWAY_DATA" in image_environment()


def test_all_connections_to_the_database_fit_what_the_page_asks_for() -> None:
    most = {role: objects()["Deployment", role]["spec"].get("replicas", 0) + 1 for role in ROLES}
    for (kind, name), each in objects().items():
        if kind == "HorizontalPodAutoscaler":
            most[name] = each["spec"]["maxReplicas"] + 1
    beside_pool = 4
    needed = sum(
        pods * (pod_settings(role).database_connections + beside_pool)
        for role, pods in most.items()
    )

    assert needed < 300, "docs/operating/deploying.md says max_connections = 300"


def test_an_address_that_the_world_may_not_see_leads_nowhere() -> None:
    pages = objects()["Ingress", "voltway"]["spec"]["rules"][0]["http"]["paths"]
    shut = {each["path"] for each in pages if each["backend"]["service"]["name"] == "nowhere"}

    assert shut == {"/health", *health.metrics.paths}
    assert "selector" not in objects()["Service", "nowhere"]["spec"]


def test_every_pod_is_let_be_spoken_to_only_where_it_is_wanted() -> None:
    policies = {name: each for (kind, name), each in objects().items() if kind == "NetworkPolicy"}

    assert policies["nobody-by-default"]["spec"] == {"podSelector": {}, "policyTypes": ["Ingress"]}
    for name, role, address in (
        ("stations-to-gateways", "gateway", pod_settings("gateway").ocpp),
        ("people-to-pages", "web", pod_settings("web").http),
    ):
        spec = policies[name]["spec"]
        assert spec["podSelector"]["matchLabels"]["role"] == role
        assert [each["port"] for each in spec["ingress"][0]["ports"]] == [port(address)]
