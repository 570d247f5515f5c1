"""The manifests of deploy/k8s: valid, complete, and in agreement with each other, the images and the configuration.

Not covered, because it needs a cluster: admission, scheduling, the effect of NetworkPolicies, autoscaling, and CloudNativePG.
"""

import copy
import re

import pytest

manifests = pytest.importorskip("manifests")

pytestmark = pytest.mark.skipif(not manifests.tools_are_there(),
                                reason="kustomize and the schemas are not there: the manifests are not checked")

# Where any key may stand: labels, data, amounts of resources, settings of PostgreSQL.
FREE = {"labels", "annotations", "data", "stringData", "matchLabels", "selector", "limits", "requests", "parameters"}
EVERYWHERE = {"Namespace", "ServiceAccount", "ConfigMap", "Deployment", "Service", "Job", "NetworkPolicy"}
KINDS = {
    "dev": EVERYWHERE | {"Secret", "StatefulSet"},
    "six-micro": EVERYWHERE | {"Secret", "StatefulSet", "PodDisruptionBudget", "ServiceMonitor"},
    "production": EVERYWHERE | {"PodDisruptionBudget", "HorizontalPodAutoscaler", "Cluster", "ServiceMonitor"},
}
# Secrets that the operator of a production database brings along.
BROUGHT = {"reviewd-owner", "reviewd-server"}
FEW = 10  # connections for superusers, people, the operator and the Job


@pytest.fixture(scope="module", params=manifests.OVERLAYS)
def overlay(request):
    return request.param


@pytest.fixture(scope="module")
def documents(overlay, tmp_path_factory):
    return manifests.build(overlay, tmp_path_factory.mktemp(overlay))


@pytest.fixture(scope="module", params=["1.30.0", "1.37.0"])
def schemas(request):
    return manifests.schemas_of(request.param)


def one(documents, kind, name):
    return next(document for document in documents if document["kind"] == kind and document["metadata"]["name"] == name)


def test_manifests_are_valid(documents, schemas):
    for document in documents:
        assert schemas.errors(document) == [], f"{document['kind']} {document['metadata']['name']}"


def test_unknown_keys_are_refused(documents):
    """One more key in every mapping, but for those that hold names of one's own: each is found."""
    schemas = manifests.schemas_of("1.37.0")
    for document in documents:
        spoilt = copy.deepcopy(document)
        places = set()
        for path, place in list(manifests.nodes(spoilt)):
            if not any(key in FREE for key in path):
                place["surplus"] = "x"
                places.add("/".join(map(str, path)))
        found = {error.split(":")[0] for error in schemas.errors(spoilt) if "'surplus'" in error}
        assert places - found == set(), document["kind"]


def test_every_object_is_there(overlay, documents):
    assert {document["kind"] for document in documents} == KINDS[overlay]
    assert all(document["metadata"].get("namespace") == "reviewd" for document in documents if document["kind"] != "Namespace")


def test_references_lead_somewhere(overlay, documents):
    names = {(document["kind"], document["metadata"]["name"]) for document in documents}
    if overlay == "production":
        names |= {("Secret", name) for name in BROUGHT}
    for document in documents:
        for path, node in manifests.nodes(document):
            for key, kind, field in (("configMapKeyRef", "ConfigMap", "name"), ("secretKeyRef", "Secret", "name"),
                                     ("configMap", "ConfigMap", "name"), ("passwordSecret", "Secret", "name")):
                if isinstance(node.get(key), dict) and field in node[key]:
                    assert (kind, node[key][field]) in names, f"{document['kind']}: {'/'.join(map(str, path))}/{key}"
        if document["kind"] == "HorizontalPodAutoscaler":
            target = document["spec"]["scaleTargetRef"]
            assert (target["kind"], target["name"]) in names


def test_selectors_find_pods(documents):
    pods = [manifests.labels(document) for document in documents if manifests.pod(document)]
    for document in documents:
        spec = document.get("spec", {})
        wanted = spec.get("selector") if document["kind"] == "Service" else spec.get("selector", {}).get("matchLabels")
        if document["kind"] == "NetworkPolicy":
            wanted = spec["podSelector"].get("matchLabels")
        if not wanted or document["kind"] == "ServiceMonitor" or "cnpg.io/cluster" in wanted:
            continue
        assert any(wanted.items() <= labels.items() for labels in pods), f"{document['kind']} {document['metadata']['name']}"


def test_monitor_finds_the_service(documents):
    for monitor in (document for document in documents if document["kind"] == "ServiceMonitor"):
        service = one(documents, "Service", "reviewd")
        assert monitor["spec"]["selector"]["matchLabels"].items() <= service["metadata"]["labels"].items()
        assert {end["port"] for end in monitor["spec"]["endpoints"]} <= {port["name"] for port in service["spec"]["ports"]}


def test_containers_are_confined(documents):
    for document in documents:
        spec = manifests.pod(document)
        if not spec:
            continue
        assert spec["securityContext"]["runAsNonRoot"] and spec["securityContext"]["seccompProfile"]["type"] == "RuntimeDefault"
        assert spec["automountServiceAccountToken"] is False
        for container in manifests.containers(document):
            context = container["securityContext"]
            assert context["readOnlyRootFilesystem"] and not context["allowPrivilegeEscalation"]
            assert context["capabilities"]["drop"] == ["ALL"]
            assert "memory" in container["resources"]["limits"], container["name"]


def test_pods_run_as_the_images_users(documents, top):
    text = (top / "deploy/images/Containerfile")
    if not text.exists():
        pytest.skip("there are no images")
    stages = re.split(r"^FROM ", text.read_text(), flags=re.M)
    users = {}
    for stage in stages:
        name = re.match(r"\S+ AS (\S+)", stage)
        user = re.search(r"^USER (\d+)", stage, flags=re.M)
        if name and user:
            users[name[1]] = int(user[1])
    for document in documents:
        for container in manifests.containers(document):
            image = container["image"].split("/")[-1].split(":")[0]
            assert users[image] == manifests.pod(document)["securityContext"]["runAsUser"], container["name"]


def test_connections_fit(documents, top):
    """All Pods at once, with all their connections, stay below PostgreSQL's max_connections."""
    server = one(documents, "Deployment", "reviewd")
    config = next(document for document in documents if document["metadata"]["name"].startswith("reviewd-config"))
    connections = int(re.search(r"^connections = (\d+)", config["data"]["reviewd.ini"], flags=re.M)[1])
    environment = {entry["name"]: entry.get("value") for entry in server["spec"]["template"]["spec"]["containers"][0]["env"]}
    connections = int(environment.get("REVIEWD_DB_CONNECTIONS", connections))
    scalers = [document["spec"]["maxReplicas"] for document in documents if document["kind"] == "HorizontalPodAutoscaler"]
    pods = max(scalers, default=server["spec"].get("replicas", 1)) + server["spec"]["strategy"]["rollingUpdate"]["maxSurge"]
    clusters = [document["spec"]["postgresql"]["parameters"] for document in documents if document["kind"] == "Cluster"]
    if clusters:
        most = int(clusters[0]["max_connections"])
    else:
        text = (top / "pg/conf/micro.conf").read_text()
        most = int(re.search(r"^max_connections = (\d+)", text, flags=re.M)[1])
    assert pods * connections + FEW <= most, f"{pods} Pods * {connections} connections + {FEW} > max_connections = {most}"


def test_a_pod_has_time_to_drain(documents, top):
    drain = int(re.search(r"^drain_timeout_s = (\d+)", (top / "config/reviewd.ini").read_text(), flags=re.M)[1])
    spec = one(documents, "Deployment", "reviewd")["spec"]["template"]["spec"]
    assert spec["containers"][0]["lifecycle"]["preStop"]["sleep"]["seconds"] + drain < spec["terminationGracePeriodSeconds"]
