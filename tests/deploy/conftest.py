"""Tests of what goes with the server: load tests and deployment. They have the fixtures of tests/integration."""

import importlib.util
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
INTEGRATION = TOP / "tests" / "integration"

sys.path.insert(0, str(INTEGRATION))
_spec = importlib.util.spec_from_file_location("integration_fixtures", INTEGRATION / "conftest.py")
_fixtures = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_fixtures)
globals().update({name: value for name, value in vars(_fixtures).items() if not name.startswith("_")})


@pytest.fixture(scope="session")
def top():
    """The checkout."""
    return TOP
