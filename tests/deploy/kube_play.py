"""Runs the objects of an overlay as `podman kube play` can, in a network of their own.

What podman has no notion of is put in its place, and only that: Secrets become podman's, the StatefulSet and the Job become Pods, a
Service's name becomes lines in /etc/hosts, emptyDirs become folders of the Pod's
user, subPaths files, and ports are not published. Not run at all: NetworkPolicies, probes' effects, preStop, spread, budgets, autoscaling.
"""

import copy
import json
import os
import subprocess

import yaml

import manifests

PREFIX = f"reviewd-kube-{os.getpid()}"


class Failed(Exception):
    pass


class Playground:
    def __init__(self, documents, folder):
        self.documents, self.folder = documents, folder
        self.files, self.secrets = [], []
        conf = folder / "containers.conf"
        conf.write_text('[containers]\ndefault_ulimits=["nofile=20000:20000","nproc=16384:16384"]\n'
                        '[engine]\nruntime="runc"\ncgroup_manager="cgroupfs"\nevents_logger="file"\n')
        self.environment = {**os.environ, "CONTAINERS_CONF": os.environ.get("CONTAINERS_CONF", str(conf))}
        self.podman("network", "create", PREFIX)

    def podman(self, *arguments, check=True):
        done = subprocess.run(["podman", *map(str, arguments)], env=self.environment, capture_output=True, text=True, timeout=180)
        if check and done.returncode != 0:
            raise Failed(f"podman {' '.join(map(str, arguments))}: {done.stderr[-2000:]}")
        return done.stdout

    def version(self):
        return tuple(int(part) for part in self.podman("--version").split()[-1].split(".")[:2])

    def of_kind(self, kind):
        return [document for document in self.documents if document["kind"] == kind]

    def make_secrets(self):
        for document in self.of_kind("Secret"):
            path = self.folder / "secret"
            # Podman 4.3 wants the data alone, as JSON; later ones want the whole object.
            path.write_text(json.dumps(document["data"]) if self.version() < (4, 4) else yaml.safe_dump(document))
            self.podman("secret", "create", document["metadata"]["name"], path)
            self.secrets.append(document["metadata"]["name"])

    def play(self, name, template, hosts):
        """Starts a Pod of this template; returns its address. hosts: {name: [address]}."""
        spec = copy.deepcopy(template["spec"])
        self.own_empty_folders(name, spec)
        self.own_single_files(name, spec)
        for container in spec.get("initContainers", []) + spec["containers"]:
            # It would publish them on this machine, once for each Pod; and it knows probes only by their numbers.
            for key in ("ports", "startupProbe", "livenessProbe", "readinessProbe"):
                container.pop(key, None)
        spec["hostAliases"] = [{"ip": address, "hostnames": [host]} for host, addresses in hosts.items() for address in addresses]
        # Init containers are kept: podman may try to remove one that it has not yet seen end.
        metadata = {"name": f"{PREFIX}-{name}", "labels": template["metadata"]["labels"],
                    "annotations": {"io.podman.annotations.init.container.type": "always"}}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}
        path = self.folder / f"{name}.yaml"
        path.write_text(yaml.safe_dump_all([*self.of_kind("ConfigMap"), pod]))
        self.files.append(path)
        try:
            self.podman("kube", "play", "--network", PREFIX, path)
        except Failed as failed:
            first = spec.get("initContainers", [{"name": ""}])[0]["name"]
            raise Failed(f"{failed}\n{self.logs(name, first)}") from None
        return self.address(name)

    def own_empty_folders(self, name, spec):
        """emptyDirs become folders of the Pod's user: podman gives them to root, as it knows no fsGroup."""
        for volume in spec.get("volumes", []):
            if volume.pop("emptyDir", None) is not None:
                path = self.folder / f"{name}-{volume['name']}"
                path.mkdir()
                os.chown(path, spec["securityContext"]["runAsUser"], spec["securityContext"]["runAsGroup"])
                volume["hostPath"] = {"path": str(path), "type": "Directory"}

    def own_single_files(self, name, spec):
        """A subPath of a ConfigMap becomes a file: podman mounts the folder for it."""
        maps = {volume["name"]: volume["configMap"]["name"] for volume in spec.get("volumes", []) if "configMap" in volume}
        for container in spec.get("initContainers", []) + spec["containers"]:
            for mount in container.get("volumeMounts", []):
                key = mount.pop("subPath", None)
                if key is None:
                    continue
                data = next(one["data"] for one in self.of_kind("ConfigMap") if one["metadata"]["name"] == maps[mount["name"]])
                path = self.folder / f"{name}-{key}"
                path.write_text(data[key])
                mount["name"] = f"file-{key.replace('.', '-')}"
                if all(volume["name"] != mount["name"] for volume in spec["volumes"]):
                    spec["volumes"].append({"name": mount["name"], "hostPath": {"path": str(path), "type": "File"}})

    def address(self, name):
        pod = json.loads(self.podman("pod", "inspect", f"{PREFIX}-{name}"))
        pod = pod[0] if isinstance(pod, list) else pod
        infra = json.loads(self.podman("inspect", pod["InfraContainerID"]))[0]
        return infra["NetworkSettings"]["Networks"][PREFIX]["IPAddress"]

    def container(self, name, container):
        return json.loads(self.podman("inspect", f"{PREFIX}-{name}-{container}"))[0]

    def logs(self, name, container):
        return subprocess.run(["podman", "logs", f"{PREFIX}-{name}-{container}"], env=self.environment, stdout=subprocess.PIPE, text=True,
                              timeout=60, stderr=subprocess.STDOUT).stdout[-2000:]

    def end(self):
        for path in reversed(self.files):
            self.podman("kube", "down", path, check=False)
        for secret in self.secrets:
            self.podman("secret", "rm", secret, check=False)
        for volume in self.podman("volume", "ls", "-q", check=False).split():
            if volume.startswith(PREFIX):
                self.podman("volume", "rm", "-f", volume, check=False)
        self.podman("network", "rm", "-f", PREFIX, check=False)


def as_pod(document):
    """The template of a StatefulSet, with its claims as volumes; of a Deployment or Job as it is."""
    template = copy.deepcopy(document["spec"]["template"])
    for claim in document["spec"].get("volumeClaimTemplates", []):
        name = claim["metadata"]["name"]
        template["spec"].setdefault("volumes", []).append({"name": name, "persistentVolumeClaim": {"claimName": f"{PREFIX}-{name}"}})
    return template


def images(documents):
    return {container["image"] for document in documents for container in manifests.containers(document)}
