"""Makes the platform's modules importable as they are in a package and for `deploy.py`."""

import importlib.util
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "functions")]


@pytest.fixture
def context():
    return SimpleNamespace(function_name="under_test")


@pytest.fixture
def load_handler(monkeypatch):
    """`load_handler("lambda_router/current")` gives that package's handler module, as a new function process would import it."""
    for name, value in {
        "AWS_DEFAULT_REGION": "us-east-1",
        "FLAGS_APPLICATION": "ons-platform",
        "FLAGS_ENVIRONMENT": "production",
        "FLAGS_PROFILE": "feature-flags",
    }.items():
        monkeypatch.setenv(name, value)

    def load(folder: str):
        path = ROOT / "functions" / folder / "handler.py"
        spec = importlib.util.spec_from_file_location("handler_" + folder.replace("/", "_"), path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        return module

    return load
