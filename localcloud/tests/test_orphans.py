"""Nothing is left of a cloud whose starter was killed, nor of its functions when it was killed itself."""

import os
import signal
import subprocess
import sys
import textwrap
import threading
from pathlib import Path

from localcloud.parent import when_gone
from localcloud.tests.support import eventually

ROOT = Path(__file__).resolve().parents[2]

# Stands for `up`, which loads for seconds before it comes to this.
WATCHES = """
    import os, sys, threading
    from localcloud.parent import when_gone
    stop = threading.Event()
    when_gone(os.getppid(), stop.set)
    print(os.getpid(), flush=True)
    stop.wait()
"""
STARTS = """
    import subprocess, sys, time
    subprocess.Popen([sys.executable, "-c", sys.argv[1]])
    time.sleep(600)
"""
CLOUD = """
    import json, sys, threading, time
    from pathlib import Path
    from localcloud.cloud import LocalCloud
    from localcloud.tests.support import python_function
    source = '''
    import os, subprocess, sys, time
    def handler(event, context):
        child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"])
        print("PIDS", os.getpid(), child.pid, flush=True)
        time.sleep(600)
    '''
    import textwrap
    cloud = LocalCloud(Path(sys.argv[1])).start()
    python_function(cloud.client, "slow", textwrap.dedent(source), Timeout=600)
    cloud.client("lambda").invoke(FunctionName="slow", InvocationType="Event")
    time.sleep(600)
"""


def python(source, *arguments, **options):
    command = [sys.executable, "-c", textwrap.dedent(source), *arguments]
    return subprocess.Popen(command, cwd=ROOT, env=os.environ | {"PYTHONPATH": str(ROOT)}, **options)


def gone(pid):
    """A zombie, for whose end nobody waits here, is gone too."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
    except FileNotFoundError:
        if Path("/proc/self").exists():
            return True
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    return False


def test_whoever_is_watched_is_missed_when_killed():
    starter = python(STARTS, textwrap.dedent(WATCHES), stdout=subprocess.PIPE, text=True)
    watching = int(starter.stdout.readline())
    assert not gone(watching)
    starter.kill()
    starter.wait()
    eventually(lambda: gone(watching))


def test_a_parent_that_lives_is_not_missed():
    missed = threading.Event()
    when_gone(os.getppid(), missed.set)
    assert not missed.wait(0.6)


def test_a_killed_cloud_takes_its_functions_and_their_children_with_it(tmp_path):
    cloud = python(CLOUD, str(tmp_path))
    try:
        log = tmp_path / "logs" / "slow.log"

        def read():
            assert cloud.poll() is None
            lines = log.read_text().splitlines() if log.exists() else []
            return next((line.split("PIDS ")[1].split() for line in lines if "PIDS " in line), None)

        pids = [int(pid) for pid in eventually(read, seconds=60)]
        assert not any(map(gone, pids))
        cloud.send_signal(signal.SIGKILL)
        eventually(lambda: all(map(gone, pids)))
    finally:
        cloud.kill()
        cloud.wait()
