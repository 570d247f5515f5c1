"""SPDX 2.3 of an image: sbom.py NAME EPOCH VERSION, with a line "package, version, architecture, source" for each Debian package on
stdin, and "linked" as a fifth word when it is only compiled into our programs, whose version is VERSION."""

import json
import sys
from datetime import datetime, timezone


def own(version):
    return {
        "SPDXID": "SPDXRef-own-reviewd",
        "name": "reviewd",
        "versionInfo": version,
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "licenseDeclared": "MIT",
        "licenseConcluded": "MIT",
        "copyrightText": "NOASSERTION",
    }


def package(line):
    name, version, architecture, source, *linked = line.rstrip("\n").split("\t")
    return {
        "SPDXID": f"SPDXRef-{'linked' if linked else 'deb'}-{name.replace('+', '-plus')}",
        "name": name,
        "versionInfo": version,
        "supplier": "Organization: Debian",
        "downloadLocation": "NOASSERTION",
        "filesAnalyzed": False,
        "sourceInfo": f"built from the source package {source}",
        "externalRefs": [
            {
                "referenceCategory": "PACKAGE-MANAGER",
                "referenceType": "purl",
                "referenceLocator": f"pkg:deb/debian/{name.replace('+', '%2B')}@{version.replace('+', '%2B')}?arch={architecture}",
            }
        ],
    }


def document(name, epoch, version, lines):
    created = datetime.fromtimestamp(epoch, timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    packages = [own(version), *map(package, lines)]
    image = {"SPDXID": "SPDXRef-image", "name": name, "downloadLocation": "NOASSERTION", "filesAnalyzed": False}
    image["licenseDeclared"] = "NOASSERTION"
    contains = [
        {"spdxElementId": "SPDXRef-image", "relationshipType": "CONTAINS", "relatedSpdxElement": found["SPDXID"]}
        for found in packages
        if not found["SPDXID"].startswith("SPDXRef-linked-")
    ] + [
        {"spdxElementId": "SPDXRef-own-reviewd", "relationshipType": "STATIC_LINK", "relatedSpdxElement": found["SPDXID"]}
        for found in packages
        if found["SPDXID"].startswith("SPDXRef-linked-")
    ]
    describes = {"spdxElementId": "SPDXRef-DOCUMENT", "relationshipType": "DESCRIBES", "relatedSpdxElement": "SPDXRef-image"}
    return {
        "spdxVersion": "SPDX-2.3",
        "dataLicense": "CC0-1.0",
        "SPDXID": "SPDXRef-DOCUMENT",
        "name": name,
        "documentNamespace": f"https://spdx.org/spdxdocs/{name}-{epoch}",
        "creationInfo": {"created": created, "creators": ["Tool: reviewd-dev-images"]},
        "packages": [image, *packages],
        "relationships": [describes, *contains],
    }


if __name__ == "__main__":
    json.dump(document(sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.stdin), sys.stdout, indent=1)
