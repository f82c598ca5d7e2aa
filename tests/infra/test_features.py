"""Whatever is built or tested resolves every crate to the same features, so that nothing is compiled twice."""

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from .conftest import INVOKED, ROOT


def cargo(*arguments):
    finished = subprocess.run(["cargo", *arguments], cwd=ROOT, capture_output=True, text=True, check=True)
    return finished.stdout


def features(*selection):
    """`crate version|features` of everything that this selection builds, for this machine and for build scripts."""
    # A crate with its features is printed in full once and then with (*): the set is that of the whole tree, which
    # written out has millions of lines.
    form = ("--edges", "normal,build,dev", "--format", "{p}|{f}", "--prefix", "none")
    lines = cargo("tree", "--locked", "--quiet", *selection, *form).splitlines()
    plain = (line.removesuffix(" (*)").replace(" (proc-macro)", "").strip() for line in lines)
    return {line for line in plain if line and str(ROOT) not in line}


def test_one_member_alone_is_built_with_the_features_of_the_whole_workspace():
    whole = features("--workspace")
    members = [package["name"] for package in json.loads(cargo("metadata", "--no-deps", "--format-version", "1"))["packages"]]
    with ThreadPoolExecutor(2) as pool:
        alone = dict(zip(members, pool.map(lambda member: features("--package", member), members), strict=True))
    assert all(alone.values()), "every member builds something"
    missing = {member: sorted(found - whole) for member, found in alone.items() if found - whole}
    assert not missing, "add their features to workspace-hack"


@pytest.mark.parametrize("package", [f"backout-{name}" for name in ("cli", "trigger", *INVOKED)])
def test_numbers_are_as_exact_in_what_is_shipped_as_in_what_is_tested(package):
    lines = cargo(
        "tree", "--locked", "--quiet", "--package", package, "--edges", "normal", "--format", "{p}|{f}", "--prefix", "none"
    ).splitlines()
    found = {line.replace(" (*)", "").split("|")[1] for line in lines if line.startswith("serde_json v")}
    assert found, "nothing reads JSON"
    for each in found:
        assert {"float_roundtrip", "raw_value"} <= set(each.split(",")), each
        # With it every number would be a map to types that are read by way of others (`flatten`, `untagged`).
        assert "arbitrary_precision" not in each.split(",")
