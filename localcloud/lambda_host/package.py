"""From a function's package to the command that runs it.

Three kinds of package run here:

* one that holds a `backout.json` of the form `{"binary": "<name>"}`: a marker for a binary of this project, which is
  taken from the host's binary directory. Debug binaries are large, so they are not carried through zips.
* one with a Python runtime and a handler `module.function`.
* one with an executable `bootstrap`, as `sam build` makes them.
"""

import hashlib
import io
import json
import sys
import threading
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .environment import environment_of

MARKER = "backout.json"
_unpacking = threading.Lock()
_PYTHON_RUNTIME = Path(__file__).with_name("python_runtime.py")


class UnusablePackage(Exception):
    """The package cannot be run; the text says why."""


@dataclass(frozen=True)
class Launch:
    """How to start a process of a function. Processes with equal fingerprints stand in for each other."""

    function_arn: str
    function_name: str
    version: str
    account_id: str
    region: str
    log_group: str
    timeout_seconds: float
    command: tuple[str, ...]
    folder: Path
    env: dict[str, str]
    fingerprint: str


def launch_of(function: Any, endpoint: str, directory: Path, bin_dir: Path | None) -> Launch:
    """`function` is moto's. Unpacks the package below `directory` the first time.

    Raises `UnusablePackage`.
    """
    folder = _unpack(function, directory / "packages")
    command = _command(function, folder, bin_dir)
    env = environment_of(function, endpoint, folder)
    binary = Path(command[0]).stat()
    # A rebuilt binary is new code even though the marker stays the same.
    identity = [function.code_sha_256, command, env, binary.st_mtime_ns, binary.st_size]
    return Launch(
        function_arn=function.function_arn,
        function_name=function.function_name,
        version=str(function.version),
        account_id=function.account_id,
        region=function.region,
        log_group=function.logs_group_name,
        timeout_seconds=float(function.timeout),
        command=command,
        folder=folder,
        env=env,
        fingerprint=hashlib.sha256(json.dumps(identity).encode()).hexdigest(),
    )


def _unpack(function: Any, directory: Path) -> Path:
    code = function.code_bytes
    folder = directory / hashlib.sha256(code).hexdigest()[:24]
    with _unpacking:
        if not folder.exists():
            _unpack_into(folder, function.function_name, code)
    return folder


def _unpack_into(folder: Path, function_name: str, code: bytes) -> None:
    staging = folder.with_suffix(".unpacking")
    try:
        with zipfile.ZipFile(io.BytesIO(code)) as package:
            package.extractall(staging)
            for entry in package.infolist():
                mode = entry.external_attr >> 16
                if mode & 0o111:
                    (staging / entry.filename).chmod(mode)
    except zipfile.BadZipFile as error:
        raise UnusablePackage(f"the package of {function_name} is not a zip file") from error
    staging.rename(folder)


def _command(function: Any, folder: Path, bin_dir: Path | None) -> tuple[str, ...]:
    marker = folder / MARKER
    if marker.is_file():
        return (str(_binary(json.loads(marker.read_text())["binary"], bin_dir)),)
    if (function.run_time or "").startswith("python"):
        return (sys.executable, "-u", str(_PYTHON_RUNTIME))
    bootstrap = folder / "bootstrap"
    if bootstrap.is_file():
        return (str(bootstrap),)
    raise UnusablePackage(
        f"the package of {function.function_name} (runtime {function.run_time}) has no `bootstrap` and no {MARKER}"
    )


def _binary(name: str, bin_dir: Path | None) -> Path:
    if bin_dir is None:
        raise UnusablePackage(f"the local cloud was started without a binary directory, so {name} cannot be found")
    binary = bin_dir.resolve() / name
    if not binary.is_file():
        raise UnusablePackage(f"there is no {name} in {bin_dir}: build it first")
    return binary
