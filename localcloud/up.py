"""`python -m localcloud up`: a cloud in the foreground, with the stack, an example and the shipped plans in it."""

import gc
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from types import FrameType

from .cloud import LocalCloud
from .deploy import DeployError, deploy
from .life import life
from .parent import when_gone
from .settings import REGION
from .timescale import scale

_ROOT = Path(__file__).resolve().parent.parent
_TEMPLATE = _ROOT / "infra" / "template.yaml"
_PLANS = _ROOT / "plans"
_CLI = "backout"


@dataclass(frozen=True)
class Options:
    """`example` is the name of a folder of `examples/`, or None for the stack alone; `alive` says whether it has users.

    The cloud ends when the process `started_by` has ended; None lets it stay.
    """

    port: int
    directory: Path
    bin_dir: Path
    stack: str
    example: str | None
    alive: bool = True
    started_by: int | None = None


class UpError(Exception):
    """The cloud could not be brought up; the text says why."""


def up(options: Options) -> int:
    """Serves until SIGINT or SIGTERM, or until whoever started it has gone. Returns the exit code."""
    stop = threading.Event()

    def on_signal(signum: int, frame: FrameType | None) -> None:
        stop.set()

    for signum in (signal.SIGINT, signal.SIGTERM):
        signal.signal(signum, on_signal)
    if options.started_by is not None:
        when_gone(options.started_by, stop.set)
    ready = options.directory / "cloud.json"
    ready.unlink(missing_ok=True)
    shutil.rmtree(options.directory / "logs", ignore_errors=True)
    began = time.monotonic()
    if options.example and not (script := _script(options.example)).is_file():
        print(f"localcloud: there is no example {options.example}: {script} is missing", file=sys.stderr)
        return 1
    try:
        cloud = LocalCloud(options.directory, options.port, options.bin_dir)
    except OSError as error:
        print(f"localcloud: cannot listen on port {options.port}: {error.strerror}", file=sys.stderr)
        return 1
    _spare_the_collector()
    with cloud:
        try:
            stacks = _furnish(cloud, options, stop)
        except (DeployError, UpError) as error:
            if stop.is_set():  # Ctrl-C ends the programs that were running, too
                return 0
            print(f"localcloud: {error}", file=sys.stderr)
            return 1
        if not stop.is_set():
            logs = options.directory / "logs"
            alive = options.example and options.alive
            with life(cloud, _example(options.example), logs) if alive else nullcontext():
                _announce(ready, cloud, stacks)
                _welcome(cloud, options, stacks, time.monotonic() - began)
                stop.wait()
        ready.unlink(missing_ok=True)
    return 0


def _spare_the_collector() -> None:
    """What moto and botocore have loaded stays for good: looking through it again and again was a tenth of all work."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _furnish(cloud: LocalCloud, options: Options, stop: threading.Event) -> dict[str, dict[str, str]]:
    """Deploys what was asked for and returns the outputs by stack."""
    stacks = {options.stack: deploy(cloud.client, _TEMPLATE, options.stack, options.bin_dir)}
    if options.example and not stop.is_set():
        stacks[options.example] = _deploy_example(cloud, options.example, stacks[options.stack])
    plans = sorted(_PLANS.glob("*.yaml"))
    # The shipped plans act on the example: without it some of their inputs cannot be resolved.
    if options.example and plans and not stop.is_set():
        _push_plans(cloud, options, plans)
    return stacks


def _deploy_example(cloud: LocalCloud, name: str, stack: dict[str, str]) -> dict[str, str]:
    env = {"BACKOUT_ALARM_TOPIC_ARN": stack["AlarmTopicArn"]}
    output = _run(cloud, f"the example {name}", [sys.executable, str(_script(name))], env)
    lines = output.strip().splitlines()
    try:
        return json.loads(lines[-1])
    except (IndexError, ValueError) as error:
        raise UpError(f"the example {name} did not print its outputs as JSON on its last line") from error


def _script(name: str) -> Path:
    return _example(name) / "deploy.py"


def _example(name: str) -> Path:
    return _ROOT / "examples" / name


def _push_plans(cloud: LocalCloud, options: Options, plans: list[Path]) -> None:
    cli = options.bin_dir.resolve() / _CLI
    if not cli.is_file():
        raise UpError(f"there is no {_CLI} in {options.bin_dir}: build it first")
    _run(cloud, "storing the plans", [str(cli), "--stack", options.stack, "plans", "push", *map(str, plans)], {})


def _run(cloud: LocalCloud, what: str, command: list[str], env: dict[str, str]) -> str:
    """Runs a program against the cloud and returns what it printed. Raises `UpError` with its messages."""
    try:
        done = subprocess.run(
            command, env=os.environ | cloud.env | env, cwd=_ROOT, capture_output=True, text=True, check=False
        )
    except OSError as error:
        raise UpError(f"{what} failed: {error}") from error
    if done.returncode != 0:
        raise UpError(f"{what} failed with exit code {done.returncode}:\n{done.stderr or done.stdout}")
    return done.stdout


def _announce(path: Path, cloud: LocalCloud, stacks: dict[str, dict[str, str]]) -> None:
    """Writes `cloud.json` at once: whoever sees it sees all of it, and the cloud ready."""
    description = {
        "endpoint": cloud.endpoint,
        "region": REGION,
        "scale": scale(),
        "pid": os.getpid(),
        "env": cloud.env,
        "stacks": stacks,
        "calls": str(cloud.calls.path.resolve()),
        "logs": str((cloud.directory / "logs").resolve()),
    }
    staging = path.with_suffix(".json.new")
    staging.write_text(json.dumps(description, indent=2) + "\n", encoding="utf-8")
    staging.replace(path)


def _welcome(cloud: LocalCloud, options: Options, stacks: dict[str, dict[str, str]], seconds: float) -> None:
    plans = sorted(path.stem for path in _PLANS.glob("*.yaml")) if options.example else []
    exports = " ".join(f"{name}={value}" for name, value in cloud.env.items())
    cli = options.bin_dir / _CLI
    lines = [
        "",
        f"  The local cloud is ready ({seconds:.1f} s).",
        "",
        f"    endpoint   {cloud.endpoint}",
        f"    stacks     {', '.join(stacks)}",
        f"    plans      {', '.join(plans) or 'none'}",
        *([f"    time       {scale():g} times as fast as the clock"] if scale() != 1 else []),
        f"    logs       {options.directory / 'logs'}",
        f"    API calls  {cloud.calls.path}",
        "",
        "  In another terminal:",
        "",
        f"    export {exports}",
        f"    {cli} plans list",
    ]
    if plans:
        lines.append(f'    {cli} start {plans[0]} --reason "trying it" --wait')
    lines += ["", "  Ctrl-C stops it and forgets everything.", ""]
    print("\n".join(lines), flush=True)
