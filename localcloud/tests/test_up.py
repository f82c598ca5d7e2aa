"""The command itself: serves, announces itself, stops on a signal, and fails with a message."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import boto3
import pytest

from localcloud.tests.support import eventually

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(autouse=True)
def cloud():
    """These tests start clouds of their own."""


@pytest.fixture
def bin_dir(tmp_path):
    """Binaries of every function of the shipped template, that only need to be there."""
    import yaml

    directory = tmp_path / "bin"
    directory.mkdir()
    for manifest in (ROOT / "functions").glob("*/*/Cargo.toml"):
        name = next(line for line in manifest.read_text().splitlines() if line.startswith("name"))
        binary = directory / yaml.safe_load(name.replace("=", ":", 1))["name"]
        binary.write_text("#!/bin/sh\nexit 1\n")
        binary.chmod(0o755)
    return directory


@pytest.fixture
def start(tmp_path, bin_dir):
    running = []

    def start(*options):
        process = subprocess.Popen(
            [sys.executable, "-m", "localcloud", "up", "--dir", tmp_path / "cloud", "--bin-dir", bin_dir, *options],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        running.append(process)
        return process

    yield start
    for process in running:
        process.kill()
        process.communicate()


def announced(tmp_path, process):
    path = tmp_path / "cloud" / "cloud.json"

    def read():
        if process.poll() is not None:
            raise AssertionError(process.stderr.read())
        return json.loads(path.read_text()) if path.exists() else None

    return eventually(read, seconds=60)


def step_functions(description):
    return boto3.client(
        "stepfunctions",
        endpoint_url=description["endpoint"],
        region_name=description["region"],
        aws_access_key_id=description["env"]["AWS_ACCESS_KEY_ID"],
        aws_secret_access_key=description["env"]["AWS_SECRET_ACCESS_KEY"],
    )


def test_it_is_usable_when_announced_and_stops_on_a_signal(tmp_path, start):
    process = start("--port", "0", "--no-example", "--scale", "10")
    description = announced(tmp_path, process)

    assert (description["pid"], description["scale"]) == (process.pid, 10)
    assert description["endpoint"] == description["env"]["AWS_ENDPOINT_URL"]
    outputs = description["stacks"]["backout"]
    assert outputs["StateMachineArn"].startswith("arn:aws:states:us-east-1:")
    states = step_functions(description)
    assert states.describe_state_machine(stateMachineArn=outputs["StateMachineArn"])["status"] == "ACTIVE"
    calls = f"{description['endpoint']}/_localcloud/calls?operation=DescribeStateMachine"
    with urllib.request.urlopen(calls) as answer:
        assert json.load(answer)["calls"][-1]["status"] == 200
    assert Path(description["calls"]).is_file()

    process.send_signal(signal.SIGTERM)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 0, err
    assert description["endpoint"] in out
    assert "10 times as fast as the clock" in out
    assert not (tmp_path / "cloud" / "cloud.json").exists()


def test_a_failed_execution_is_told_by_its_history_and_not_in_the_terminal(tmp_path, start, monkeypatch):
    monkeypatch.setitem(os.environ, "BACKOUT_CLOUD_PORT", "0")
    process = start("--no-example")
    description = announced(tmp_path, process)
    assert description["endpoint"] != "http://127.0.0.1:4566"
    states = step_functions(description)
    definition = {"StartAt": "Halt", "States": {"Halt": {"Type": "Fail", "Error": "Halted", "Cause": "on purpose"}}}
    machine = states.create_state_machine(
        name="halts", definition=json.dumps(definition), roleArn="arn:aws:iam::123456789012:role/halts"
    )["stateMachineArn"]
    execution = states.start_execution(stateMachineArn=machine)["executionArn"]
    eventually(lambda: states.describe_execution(executionArn=execution)["status"] == "FAILED")
    events = states.get_execution_history(executionArn=execution)["events"]
    assert events[-1]["executionFailedEventDetails"]["error"] == "Halted"

    process.send_signal(signal.SIGINT)
    assert process.communicate(timeout=30)[1] == ""
    assert process.returncode == 0


# The cloud's starter here is `sh`, which is killed; what it started is not its child any more.
@pytest.mark.parametrize(("option", "stays"), [("--no-example", False), ("--detach", True)])
def test_it_ends_with_whoever_started_it_unless_told_to_stay(tmp_path, bin_dir, option, stays):
    command = [sys.executable, "-m", "localcloud", "up", "--port", "0", "--dir", str(tmp_path / "cloud")]
    command += ["--bin-dir", str(bin_dir), "--no-example", *({option} - {"--no-example"})]
    starter = subprocess.Popen(["sh", "-c", '"$@" & wait', "sh", *command], cwd=ROOT, stdout=subprocess.DEVNULL)
    ready = tmp_path / "cloud" / "cloud.json"
    pid = json.loads(eventually(lambda: ready.read_text() if ready.exists() else None, seconds=60))["pid"]
    starter.kill()
    starter.wait()
    try:
        if stays:
            time.sleep(1)
            assert ready.exists()
        else:
            eventually(lambda: not ready.exists(), seconds=30)
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGTERM)


@pytest.mark.parametrize("scale", ["0", "fast"])
def test_a_scale_that_is_none_is_a_clear_failure(start, scale):
    process = start("--scale", scale)
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "is no time scale: it is a number from 1 (real time) to 1000, for example 10" in err


def test_a_missing_binary_is_a_clear_failure(tmp_path, start, bin_dir):
    missing = sorted(bin_dir.iterdir())[0]
    missing.unlink()
    process = start("--port", "0", "--no-example")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert f"there is no {missing.name}" in err
    assert "Traceback" not in err
    assert not (tmp_path / "cloud" / "cloud.json").exists()


def test_a_port_in_use_is_a_clear_failure(start):
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        process = start("--port", str(taken.getsockname()[1]), "--no-example")
        _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "cannot listen on port" in err
    assert "Traceback" not in err


def test_an_unknown_example_is_a_clear_failure(start):
    process = start("--port", "0", "--example", "no-such-thing")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 1
    assert "there is no example no-such-thing" in err
