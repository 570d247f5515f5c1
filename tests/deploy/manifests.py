"""Kubernetes manifests: built by kustomize, and judged by the published schemas, in which unknown keys are errors."""

import json
import os
import shutil
import subprocess
import zipfile
from functools import lru_cache
from pathlib import Path

import yaml
from jsonschema import Draft202012Validator, RefResolver

TOP = Path(__file__).resolve().parents[2]
TOOLS = Path(os.environ.get("REVIEWD_K8S_TOOLS", TOP / "var" / "k8s"))
OVERLAYS = ("dev", "six-micro", "production")
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
METADATA = "_definitions.json#/$defs/io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"
PACKAGE = "kubernetes_validate/kubernetes-json-schema"


def tools_are_there():
    return (TOOLS / "pins").exists()


def build(overlay, scratch):
    """The documents of an overlay, as kustomize makes them of a fresh checkout with passwords."""
    for folder in ("config", "pg/conf", "deploy/k8s"):
        shutil.copytree(TOP / folder, scratch / folder, ignore=shutil.ignore_patterns("*.env"), dirs_exist_ok=True)
    for example in scratch.glob("deploy/k8s/overlays/*/*.env.example"):
        example.with_suffix("").write_text(example.read_text().replace("password=", "password=secret"))
    done = subprocess.run([TOOLS / "kustomize", "build", scratch / "deploy/k8s/overlays" / overlay], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return [document for document in yaml.load_all(done.stdout, LOADER) if document]


class Schemas:
    """Finds the schema of a document: of one Kubernetes release, or of a resource definition of its own."""

    def __init__(self, release):
        self.folder = f"{PACKAGE}/v{release}-local-strict"
        self.wheel = zipfile.ZipFile(next(TOOLS.glob("kubernetes_validate-*.whl")))
        self.names = set(self.wheel.namelist())
        # Where the schemas say that they are; nothing is fetched from there.
        self.store = {"https://kubernetes.io/api/_definitions.json": json.loads(self.wheel.read(f"{self.folder}/_definitions.json"))}
        self.own = {}
        for path in TOOLS.glob("*.yaml"):
            definition = yaml.load(path.read_text(), LOADER)["spec"]
            for version in definition["versions"]:
                schema = strict(version["schema"]["openAPIV3Schema"])
                schema["properties"]["metadata"] = {"$ref": METADATA}
                self.own[f"{definition['group']}/{version['name']}", definition["names"]["kind"]] = schema

    def errors(self, document):
        """What is wrong with the document."""
        api, kind = document.get("apiVersion", ""), document.get("kind", "")
        schema = self.own.get((api, kind)) or self.published(api, kind)
        if schema is None:
            return [f"no schema for {api} {kind}"]
        resolver = RefResolver("https://kubernetes.io/api/document.json", schema, store=self.store)
        return [f"{'/'.join(map(str, error.absolute_path))}: {error.message[:200]}"
                for error in Draft202012Validator(schema, resolver=resolver).iter_errors(document)]

    def published(self, api, kind):
        group, _, version = api.rpartition("/")
        name = "-".join(part for part in (kind.lower(), group.split(".")[0], version) if part)
        path = f"{self.folder}/{name}.json"
        return json.loads(self.wheel.read(path)) if path in self.names else None


@lru_cache
def schemas_of(release):
    return Schemas(release)


def strict(schema):
    """A resource definition's schema, in which what it does not name is forbidden."""
    if isinstance(schema, list):
        return [strict(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    schema = {key: strict(value) for key, value in schema.items() if key != "format"}
    if schema.pop("x-kubernetes-int-or-string", False):
        schema["anyOf"] = [{"type": "integer"}, {"type": "string"}]
        schema.pop("type", None)
    if isinstance(schema.get("properties"), dict) and not schema.get("x-kubernetes-preserve-unknown-fields"):
        schema.setdefault("additionalProperties", False)
    return schema


def pod(document):
    """The Pod's specification within a document, or None."""
    return document.get("spec", {}).get("template", {}).get("spec") if document["kind"] in ("Deployment", "StatefulSet", "Job") else None


def labels(document):
    return document["spec"]["template"]["metadata"]["labels"]


def containers(document):
    spec = pod(document) or {}
    return spec.get("initContainers", []) + spec.get("containers", [])


def nodes(value, path=()):
    """Every mapping in a document with its path."""
    if isinstance(value, dict):
        yield path, value
        for key, one in value.items():
            yield from nodes(one, (*path, key))
    elif isinstance(value, list):
        for index, one in enumerate(value):
            yield from nodes(one, (*path, index))
