"""A stand-in for the command aws: answers the calls of deploy/aws's scripts from a folder, and refuses every other.

AWS_STAND_IN names the folder: secrets.json ({id: text}), instances.json (as DescribeInstances answers), bucket/ (objects, without
modes, as S3 keeps them) and calls (one JSON list a call).
"""

import json
import os
import shutil
import sys
from pathlib import Path

FOLDER = Path(os.environ["AWS_STAND_IN"])
ADDRESSES = "Reservations[].Instances[].PrivateIpAddress"


def refuse(why, status=252):
    print(f"aws: {why}", file=sys.stderr)
    sys.exit(status)


def options(arguments, flags=()):
    """({option: values}, what is none); an option's values reach to the next option."""
    found, rest, last = {}, [], None
    for word in arguments:
        if word.startswith("--"):
            found[word] = []
            last = None if word in flags else word
        elif last:
            found[last].append(word)
        else:
            rest.append(word)
    return found, rest


def secret(arguments):
    found, rest = options(arguments)
    region = found.pop("--region", None) or os.environ.get("AWS_DEFAULT_REGION")
    if not region:
        refuse("You must specify a region", 253)
    if rest or set(found) != {"--secret-id", "--query", "--output"} or found["--query"] + found["--output"] != ["SecretString", "text"]:
        refuse(f"not a call that is known: {arguments}")
    known = json.loads((FOLDER / "secrets.json").read_text())
    if found["--secret-id"][0] not in known:
        refuse("An error occurred (ResourceNotFoundException) when calling the GetSecretValue operation", 254)
    print(known[found["--secret-id"][0]])


def instances(arguments):
    found, rest = options(arguments)
    if rest or not os.environ.get("AWS_DEFAULT_REGION") or [found.get("--query"), found.get("--output")] != [[ADDRESSES], ["text"]]:
        refuse(f"not a call that is known: {arguments}")
    filters = dict(one.removeprefix("Name=").split(",Values=") for one in found["--filters"])

    def matches(instance):
        tags = {f"tag:{tag['Key']}": tag["Value"] for tag in instance["Tags"]}
        has = tags | {"instance-state-name": instance["State"]["Name"]}
        return all(has.get(name) == value for name, value in filters.items())

    answer = json.loads((FOLDER / "instances.json").read_text())
    print("\t".join(one["PrivateIpAddress"] for reservation in answer["Reservations"] for one in reservation["Instances"] if matches(one)))


def place(url):
    """Where an object or a file is, and whether it is an object."""
    return (FOLDER / "bucket" / url.removeprefix("s3://"), True) if url.startswith("s3://") else (Path(url), False)


def s3_ls(arguments):
    path, _ = place(arguments[0])
    if not path.exists():
        sys.exit(1)
    print(path.name)


def s3_cp(arguments):
    flags = [word for word in arguments if word in ("--recursive", "--only-show-errors")]
    excluded = [after for word, after in zip(arguments, arguments[1:]) if word == "--exclude"]
    with_value = {"--exclude", "--cache-control"}
    rest = [word for before, word in zip(["", *arguments], arguments) if word not in flags and word not in with_value and before not in with_value]
    (source, _), (target, _) = map(place, rest)
    files = sorted(file for file in source.rglob("*") if file.is_file()) if "--recursive" in flags else [source]
    for file in files:
        to = target / file.relative_to(source) if "--recursive" in flags else target
        if file.name not in excluded:
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(file, to)


def main():
    with open(FOLDER / "calls", "a") as calls:
        print(json.dumps(sys.argv[1:]), file=calls)
    known = {("secretsmanager", "get-secret-value"): secret, ("ec2", "describe-instances"): instances, ("s3", "ls"): s3_ls, ("s3", "cp"): s3_cp}
    call = known.get(tuple(sys.argv[1:3])) or (lambda arguments: refuse(f"not a call that is known: {sys.argv[1:]}"))
    call(sys.argv[3:])


main()
