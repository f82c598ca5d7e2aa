"""A local cloud of the demonstration's own: started, waited for, stopped."""

import contextlib
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from demonstration.screen import DemonstrationFailed

ROOT = Path(__file__).resolve().parents[3]
STACK = "backout"
_READY_SECONDS = 180
_STOP_SECONDS = 30


@dataclass(frozen=True)
class Cloud:
    """`env` is the whole environment of programs that are to reach this cloud, and nothing but this cloud."""

    directory: Path
    binaries: Path
    env: dict[str, str]
    outputs: dict[str, str]

    @property
    def backout(self) -> Path:
        """The `backout` command."""
        return self.binaries / "backout"

    @property
    def requests(self) -> Path:
        """The records of the platform's users."""
        return self.directory / "logs" / "requests.jsonl"


@contextlib.contextmanager
def local_cloud(directory: Path, binaries: Path) -> Iterator[Cloud]:
    """A cloud on a free port, with backout, the platform and the shipped plans in it, until the block is left.

    Raises `DemonstrationFailed` when it does not come up.
    """
    directory.mkdir(parents=True, exist_ok=True)
    env = _environment_without_aws()
    command = [sys.executable, "-m", "localcloud", "up", "--port", "0", "--stack", STACK]
    command += ["--dir", str(directory), "--bin-dir", str(binaries)]
    announced = directory / "cloud.json"
    announced.unlink(missing_ok=True)
    log = directory / "cloud.log"
    with open(log, "wb") as output:
        # A session of its own: Ctrl-C reaches this program only, which then stops things in their order.
        process = subprocess.Popen(
            command, cwd=ROOT, env=env, stdin=subprocess.DEVNULL, stdout=output, stderr=subprocess.STDOUT, start_new_session=True
        )
    try:
        description = _wait_for(process, announced, log)
        yield Cloud(directory, binaries, env | description["env"], description["stacks"][STACK])
    finally:
        _stop(process)


def _environment_without_aws() -> dict[str, str]:
    """Nothing of the user's own AWS may reach the demonstration, so that it can never act on a real account."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "BACKOUT_"))}
    return env | {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull, "AWS_EC2_METADATA_DISABLED": "true"}


def _wait_for(process: subprocess.Popen, announced: Path, log: Path) -> dict:
    deadline = time.monotonic() + _READY_SECONDS
    while not announced.exists():
        if process.poll() is not None:
            raise DemonstrationFailed(f"the local cloud did not come up:\n{log.read_text(errors='replace').strip()}")
        if time.monotonic() > deadline:
            raise DemonstrationFailed(f"the local cloud was not ready after {_READY_SECONDS} s; {log} says what it did")
        time.sleep(0.1)
    return json.loads(announced.read_text(encoding="utf-8"))


def _stop(process: subprocess.Popen) -> None:
    process.terminate()
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
