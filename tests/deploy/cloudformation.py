"""The templates of deploy/aws: judged by cfn-lint, and expanded as CloudFormation does it."""

import json
import os
import subprocess
from functools import lru_cache
from pathlib import Path

TOP = Path(__file__).resolve().parents[2]
TEMPLATES = TOP / "deploy/aws"
TOOLS = Path(os.environ.get("REVIEWD_AWS_TOOLS", TOP / "var/aws"))

# Prints the template with its loops unrolled.
EXPAND = """
import json, sys
from cfnlint.decode import decode
from cfnlint.template import Template
from cfnlint.template.transforms._language_extensions import language_extension
matches, changed = language_extension(Template(sys.argv[1], decode(sys.argv[1])[0]))
assert not matches, matches
print(json.dumps(changed))
"""


def tools_are_there():
    return (TOOLS / "pins").exists()


def _python(*arguments):
    return subprocess.run(["/usr/bin/python3", *map(str, arguments)], env={**os.environ, "PYTHONPATH": str(TOOLS)},
                          capture_output=True, text=True)


def lint(*files):
    """(exit status, what cfn-lint says); warnings count."""
    done = _python("-c", "import sys; from cfnlint.runner import main; sys.exit(main())", "--", *files)
    return done.returncode, done.stdout + done.stderr


@lru_cache
def of_type(name, kind):
    """{logical id: properties} of a template's resources of this type, its loops unrolled."""
    done = _python("-c", EXPAND, TEMPLATES / name)
    assert done.returncode == 0, done.stderr
    return {key: one.get("Properties", {}) for key, one in json.loads(done.stdout)["Resources"].items() if one["Type"] == kind}
