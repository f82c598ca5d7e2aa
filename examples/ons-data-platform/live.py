"""Brings the platform to life: its users (`load.py`) and its data source (`producer.py`), until it is told to stop.

    python examples/ons-data-platform/live.py [--rate 3] [--every 5] [--record FILE] [--seconds N] [--stop-file FILE]

Without `--record` the records of both are not kept. Loopback only.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path

import running

HERE = Path(__file__).resolve().parent


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rate", type=float, default=3.0, help="requests a second (default 3)")
    parser.add_argument("--every", type=float, default=5.0, help="seconds between two uploads (default 5)")
    parser.add_argument("--record", default=os.devnull, help="file for the records of the requests")
    running.add_arguments(parser)
    arguments = parser.parse_args()
    running.require_loopback(os.environ.get("AWS_ENDPOINT_URL"))
    stop = running.Stop(arguments.seconds, arguments.stop_file)
    seconds = ["--seconds", str(arguments.seconds)]
    children = [
        _start("load.py", "--rate", str(arguments.rate), "--record", arguments.record, *seconds),
        _start("producer.py", "--every", str(arguments.every), *seconds),
    ]
    # Each of the two notices by itself when the cloud has gone away.
    while not stop and any(child.poll() is None for child in children):
        stop.heard()
        stop.wait(0.5)
    for child in children:
        child.terminate()
    return max(abs(child.wait()) for child in children)


def _start(script: str, *arguments: str) -> subprocess.Popen:
    return subprocess.Popen([sys.executable, HERE / script, *arguments], stdout=subprocess.DEVNULL)


if __name__ == "__main__":
    sys.exit(main())
