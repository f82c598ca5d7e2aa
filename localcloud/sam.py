"""From a SAM template and its files to a CloudFormation template and packages in S3: what `sam build` and
`sam package` do, except that functions built with cargo-lambda stay in the target directory and a marker is packed.
"""

import copy
import hashlib
import io
import json
import re
import zipfile
from pathlib import Path
from typing import Any

from .lambda_host.package import MARKER

_RUST = "rust-cargolambda"
_PACKAGE_NAME = re.compile(r'^\[package\]$[^\[]*?^name\s*=\s*"([^"]+)"', re.MULTILINE)
# The AWS managed policies that templates may name without an ARN.
_MANAGED_POLICIES = {
    name: f"arn:aws:iam::aws:policy/{name}"
    for name in (
        "service-role/AWSLambdaBasicExecutionRole",
        "service-role/AWSLambdaVPCAccessExecutionRole",
        "AWSXRayDaemonWriteAccess",
        "AWSXrayWriteOnlyAccess",
    )
}


class TemplateError(Exception):
    """The template cannot be deployed; the text says what is wrong with it."""


def load(path: Path) -> dict[str, Any]:
    """A template as data, its short tags (`!Ref`) in their long form."""
    from samtranslator.yaml_helper import yaml_parse

    try:
        return yaml_parse(path.read_text(encoding="utf-8"))
    except Exception as error:
        raise TemplateError(f"{path}: {error}") from error


def package(template: dict[str, Any], folder: Path, bin_dir: Path, s3: Any, bucket: str) -> dict[str, Any]:
    """A copy of the template whose files are in the bucket. Paths in it are relative to `folder`.

    Raises `TemplateError` for files and binaries that are not there, all of them at once.
    """
    template = copy.deepcopy(template)
    defaults = template.get("Globals", {}).get("Function", {})
    missing: list[str] = []
    for name, resource in template.get("Resources", {}).items():
        properties = resource.setdefault("Properties", {})
        try:
            if resource["Type"] == "AWS::Serverless::Function" and "InlineCode" not in properties:
                code = properties.get("CodeUri", defaults.get("CodeUri"))
                if isinstance(code, str) and not code.startswith("s3://"):
                    content = _function_zip(folder / code, resource.get("Metadata", {}), bin_dir)
                    properties["CodeUri"] = _upload(s3, bucket, content, ".zip")
            elif resource["Type"] == "AWS::Serverless::StateMachine":
                definition = properties.get("DefinitionUri")
                if isinstance(definition, str) and not definition.startswith("s3://"):
                    properties["DefinitionUri"] = _upload(s3, bucket, (folder / definition).read_bytes(), ".json")
        except (OSError, TemplateError) as error:
            missing.append(f"{name}: {error}")
    if missing:
        raise TemplateError("\n".join(missing))
    return template


def expand(template: dict[str, Any], parameters: dict[str, str], region: str) -> dict[str, Any]:
    """The CloudFormation template that SAM makes of it in a region. Raises `TemplateError`."""
    import boto3
    from samtranslator.parser.parser import Parser
    from samtranslator.public.exceptions import InvalidDocumentException
    from samtranslator.translator.translator import Translator

    managed_policies = {name.rpartition("/")[2]: arn for name, arn in _MANAGED_POLICIES.items()}
    translator = Translator(managed_policies, Parser(), boto_session=boto3.Session(region_name=region))
    try:
        return translator.translate(copy.deepcopy(template), dict(parameters))
    except InvalidDocumentException as error:
        causes = "\n".join(cause.message for cause in error.causes)
        raise TemplateError(causes or error.message) from error


def parameter_values(template: dict[str, Any], given: dict[str, str]) -> dict[str, str]:
    """The given parameters. Raises `TemplateError` for one that the template lacks or one without any value."""
    declared = template.get("Parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise TemplateError(f"the template has no parameter {', '.join(unknown)}")
    without_value = [name for name, slot in declared.items() if "Default" not in slot and name not in given]
    if without_value:
        raise TemplateError(f"no value for the parameter {', '.join(without_value)}")
    return given


def _function_zip(code: Path, metadata: dict[str, Any], bin_dir: Path) -> bytes:
    if metadata.get("BuildMethod") == _RUST:
        return _marker(_binary_name(code, metadata), bin_dir)
    if code.is_file():
        return code.read_bytes()
    if not code.is_dir():
        raise TemplateError(f"there is no {code}")
    files = sorted(path for path in code.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return _zip({str(path.relative_to(code)): path.read_bytes() for path in files})


def _binary_name(code: Path, metadata: dict[str, Any]) -> str:
    named = (metadata.get("BuildProperties") or {}).get("Binary")
    if named:
        return named
    manifest = code / "Cargo.toml"
    package = _PACKAGE_NAME.search(manifest.read_text(encoding="utf-8"))
    if package is None:
        raise TemplateError(f"{manifest} has no package name, and the template no BuildProperties.Binary")
    return package[1]


def _marker(binary: str, bin_dir: Path) -> bytes:
    try:
        found = (bin_dir / binary).stat()
    except OSError as error:
        raise TemplateError(f"there is no {binary} in {bin_dir}: build it first") from error
    # A rebuilt binary makes another package, so that deploying again publishes a new version.
    build = f"{found.st_size}-{found.st_mtime_ns}"
    return _zip({MARKER: json.dumps({"binary": binary, "build": build}).encode()})


def _zip(files: dict[str, bytes]) -> bytes:
    """The same files always give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name), content)
    return buffer.getvalue()


def _upload(s3: Any, bucket: str, content: bytes, suffix: str) -> dict[str, str]:
    key = hashlib.sha256(content).hexdigest() + suffix
    s3.put_object(Bucket=bucket, Key=key, Body=content)
    return {"Bucket": bucket, "Key": key}
