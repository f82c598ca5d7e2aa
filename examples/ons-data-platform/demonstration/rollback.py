"""The rollback itself: the alarm that starts it, the run as the command shows it, and its report."""

import json
import subprocess
import time
from pathlib import Path

import yaml

from demonstration.cloud import ROOT, Cloud
from demonstration.screen import DemonstrationFailed
from deployment import names
from deployment.session import Account

PLAN = "influxdb-to-timestream"
_START_SECONDS = 60
# Shorter than the plan's own. Users' programs look at their flags every two seconds.
_FAST = {"settle": "3s", "hold": "5s", "every": "2s"}
# What CloudWatch itself writes when data is missing for so long.
_REASON = "Threshold Crossed: no datapoints were received for 6 periods and 6 missing datapoints were treated as [Breaching]."


def hurry(cloud: Cloud) -> None:
    """Stores the plan with shorter waits; an alarm starts a plan with its own defaults."""
    plan = yaml.safe_load((ROOT / "plans" / f"{PLAN}.yaml").read_text(encoding="utf-8"))
    for name, value in _FAST.items():
        plan["inputs"][name]["default"] = value
    path = cloud.directory / f"{PLAN}.yaml"
    path.write_text(yaml.safe_dump(plan, sort_keys=False, width=1000), encoding="utf-8")
    _backout(cloud, "plans", "push", str(path))


def sound_alarm(account: Account) -> None:
    """Puts the platform's alarm into ALARM; CloudWatch tells its topic."""
    account.client("cloudwatch").set_alarm_state(AlarmName=names.ALARM, StateValue="ALARM", StateReason=_REASON)


def runs(account: Account, cloud: Cloud) -> set[str]:
    """The names of the state machine's executions, which are the ids of the runs."""
    answer = account.client("stepfunctions").list_executions(stateMachineArn=cloud.outputs["StateMachineArn"])
    return {execution["name"] for execution in answer["executions"]}


def started(account: Account, cloud: Cloud, known: set[str]) -> str:
    """Waits for the run that the alarm starts, and returns its id. Raises `DemonstrationFailed` if there is none."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        new = runs(account, cloud) - known
        if len(new) > 1:
            raise DemonstrationFailed(f"one alarm started {len(new)} runs: {', '.join(sorted(new))}")
        if new:
            return new.pop()
        time.sleep(0.2)
    logs = cloud.directory / "logs"
    raise DemonstrationFailed(f"the alarm started no run within {_START_SECONDS} s; {logs} holds what the functions said")


def watch(cloud: Cloud, run: str) -> None:
    """Shows the run with `backout watch`, on this very terminal, until it ends. Its outcome is in the report."""
    subprocess.run([cloud.backout, "watch", run], env=cloud.env, cwd=ROOT, check=False)


def report(cloud: Cloud, run: str) -> dict:
    """The report of the run, as data."""
    return json.loads(_backout(cloud, "--output", "json", "report", run).splitlines()[-1])


def save_report(cloud: Cloud, run: str) -> Path:
    """Keeps the report that people read beyond the end of the cloud; returns the file."""
    path = cloud.directory / "report.md"
    path.write_text(_backout(cloud, "report", run), encoding="utf-8")
    return path


def _backout(cloud: Cloud, *arguments: str) -> str:
    """What the command prints. Raises `DemonstrationFailed` with its messages when it fails."""
    done = subprocess.run([cloud.backout, *arguments], env=cloud.env, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise DemonstrationFailed(f"backout {' '.join(arguments)} ended with exit code {done.returncode}:\n{said}")
    return done.stdout
