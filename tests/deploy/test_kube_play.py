"""The dev overlay, really run by podman, as far as podman goes: kube_play.py says what it does not cover.

Needs root, podman, and the four images (./dev images).
"""

import http.client
import json
import os
import shutil
import subprocess

import pytest

manifests = pytest.importorskip("manifests")
import kube_play  # noqa: E402 (after the line above)
from waiting import wait_until  # noqa: E402


def revision_of(image):
    labels = json.loads(subprocess.run(["podman", "image", "inspect", image], check=True, capture_output=True).stdout)[0]["Labels"]
    return labels.get("org.opencontainers.image.revision")


@pytest.fixture(scope="module")
def playground(tmp_path_factory):
    if not manifests.tools_are_there():
        pytest.skip("kustomize is not there")
    if os.geteuid() != 0 or not shutil.which("podman"):
        pytest.skip("podman kube play needs podman and root: the Pods are not run")
    documents = manifests.build("dev", tmp_path_factory.mktemp("dev"))
    for image in kube_play.images(documents):
        if subprocess.run(["podman", "image", "exists", image], check=False).returncode != 0:
            pytest.skip(f"no image {image}: the Pods are not run (./dev images makes it)")
    # Of two commits, the server may want a schema that the other's migrations do not make.
    if len({revision_of(image) for image in kube_play.images(documents)}) > 1:
        pytest.skip("the images are of different commits: the Pods are not run (./dev images makes them anew)")
    playground = kube_play.Playground(documents, tmp_path_factory.mktemp("play"))
    try:
        yield playground
    finally:
        playground.end()


def named(playground, kind, name):
    return kube_play.as_pod(next(one for one in playground.of_kind(kind) if one["metadata"]["name"] == name))


def ask(address, path, port=8080, method="GET", body=None):
    connection = http.client.HTTPConnection(address, port, timeout=10)
    try:
        connection.request(method, path, body=body, headers={"Content-Type": "application/json"} if body else {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    except OSError:
        return None, b""
    finally:
        connection.close()


def test_pods_run_and_serve(playground):
    playground.make_secrets()
    database = playground.play("postgres", named(playground, "StatefulSet", "reviewd-postgres"), {})
    hosts = {"reviewd-postgres": [database]}

    def postgres_is_up():
        log = playground.podman("exec", f"{kube_play.PREFIX}-postgres-postgres", "pg_isready", "-q", "-h", "/tmp", "-t", "1",
                                check=False)
        state = playground.container("postgres", "postgres")["State"]
        assert state["Running"], log + playground.logs("postgres", "postgres")
        return ask(database, "/", 5432)[0] is None and "accepting" in playground.podman(
            "exec", f"{kube_play.PREFIX}-postgres-postgres", "pg_isready", "-h", "/tmp", check=False)

    wait_until(postgres_is_up, "PostgreSQL to serve")
    # The Job: its init container migrates, then it fills.
    playground.play("seed", named(playground, "Job", "reviewd-seed"), hosts)
    wait_until(lambda: not playground.container("seed", "seed")["State"]["Running"], "the Job to end")
    assert playground.container("seed", "seed")["State"]["ExitCode"] == 0, playground.logs("seed", "seed")

    template = named(playground, "Deployment", "reviewd")
    pods = [playground.play(f"reviewd{number}", template, hosts) for number in range(2)]
    for pod in pods:
        wait_until(lambda pod=pod: ask(pod, "/ready", 9090)[0] == 200, "reviewd to be ready")
    front = playground.play("nginx", named(playground, "Deployment", "nginx"), {"reviewd": pods})

    def nginx_is_up():
        assert playground.container("nginx", "nginx")["State"]["Running"], playground.logs("nginx", "nginx")
        return ask(front, "/nginx/live")[0] == 200

    wait_until(nginx_is_up, "nginx to serve")

    status, body = ask(front, "/reviews/7/list?count=3")
    assert status == 200 and json.loads(body)["product"] == 7
    sent = {"rating": 5, "recommend": True, "name": "Ada", "email": "ada@example.com", "body": "Warm and light"}
    status, body = ask(front, "/reviews/7", method="POST", body=json.dumps(sent))
    assert status == 201
    review = json.loads(body)["review_id"]
    # Any Pod knows it at once.
    assert [ask(pod, f"/reviews/7/{review}")[0] for pod in pods] == [200, 200]
    for number in range(2):
        confined(playground.container(f"reviewd{number}", "reviewd"))
    confined(playground.container("nginx", "nginx"))


def confined(container):
    assert container["HostConfig"]["ReadonlyRootfs"] is True
    assert container["Config"]["User"].split(":")[0] not in ("", "0", "root")
    assert not container["EffectiveCaps"]
