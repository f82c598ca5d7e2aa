"""The life of an example: its users and its data, for as long as the cloud is up."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from .cloud import LocalCloud
from .lambda_host import reaper

_SCRIPT = "live.py"
# Long enough for a day at the desk; the programs end by themselves when the cloud has gone away.
_SECONDS = "86400"
_STOP_SECONDS = 10.0


@contextlib.contextmanager
def life(cloud: LocalCloud, example: Path, logs: Path) -> Iterator[subprocess.Popen | None]:
    """Runs `live.py` of the example, if it has one, until the block is left.

    What it says goes to `live.log` and the records of its requests to `requests.jsonl`, both in `logs`.
    """
    script = example / _SCRIPT
    if not script.is_file():
        yield None
        return
    logs.mkdir(parents=True, exist_ok=True)
    records = logs / "requests.jsonl"
    records.unlink(missing_ok=True)
    with open(logs / "live.log", "wb") as log:
        process = subprocess.Popen(
            [sys.executable, str(script), "--seconds", _SECONDS, "--record", str(records)],
            env=os.environ | cloud.env,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # it is ended here, by the reaper at the latest; Ctrl-C does not reach it
        )
        reaper.watch(process.pid)
        try:
            yield process
        finally:
            # It stops before the cloud does, so that the requests under way are answered.
            process.terminate()
            try:
                process.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            reaper.forget(process.pid)
