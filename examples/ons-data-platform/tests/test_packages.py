import ast
import io
import zipfile

import pytest

from deployment import flags, packages

ALL = {name: value for name, value in vars(packages).items() if isinstance(value, packages.Package)}


@pytest.mark.parametrize("name", sorted(ALL))
def test_a_package_is_the_same_each_time_and_has_all_that_it_imports(name, tmp_path, monkeypatch):
    content = ALL[name].build()
    assert content == ALL[name].build()

    archive = zipfile.ZipFile(io.BytesIO(content))
    packed = {entry.removesuffix(".py").replace("/", ".") for entry in archive.namelist()}
    imported = {line for entry in archive.namelist() for line in modules_imported(archive.read(entry).decode())}
    assert imported <= packed


def modules_imported(source: str):
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module == "onsdata":
            yield from (f"onsdata.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module.startswith("onsdata."):
            yield node.module


def test_a_rollback_package_has_no_code_for_influxdb():
    for package in packages.ROLLBACK.values():
        assert not [name for name in zipfile.ZipFile(io.BytesIO(package.build())).namelist() if "influxdb" in name]


def test_every_flag_is_defined_and_has_only_defined_attributes():
    definition = flags.definition()
    assert definition["flags"].keys() == definition["values"].keys()
    for name, value in definition["values"].items():
        assert value.keys() - {"enabled"} <= definition["flags"][name].get("attributes", {}).keys()
