"""A rollback and its undo on a local cloud of its own, and whether they leave any difference in the whole cloud.

    make undo
    .venv/bin/python examples/ons-data-platform/undo.py [--dir .localcloud/undo] [--bin-dir target/debug]

The whole cloud is compared: every resource of every service, but for versions, times, and what backout itself keeps (its
ledger, its bucket, its logs). Exit code 0 if both runs completed and nothing differs.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path
from urllib.request import urlopen

from demonstration import rollback, screen
from demonstration.cloud import ROOT, Cloud, local_cloud
from demonstration.play import play
from demonstration.screen import DemonstrationFailed
from deployment import names

# Shorter waits than the plan's own.
FAST = ["settle=3s", "hold=3s", "every=2s", "patience=2m"]


def tell(cloud: Cloud) -> None:
    """The story. Raises `DemonstrationFailed` when it does not go as it should."""
    before = whole(cloud)
    screen.heading("The rollback")
    inputs = [argument for value in FAST for argument in ("--input", value)]
    start = ["start", rollback.PLAN, "--reason", "to be undone", "--run-id", "forth", *inputs]
    run(cloud, *start, "--wait", "--yes")
    between = differences(before, whole(cloud))
    screen.heading(f"What differs in the whole cloud: {len(between)} values")
    for line in between:
        screen.explain(line)
    if not between:
        raise DemonstrationFailed("the rollback was to change something, and nothing differs")

    screen.heading("The undo")
    run(cloud, "undo", "forth", "--reason", "it was for show", "--run-id", "back", "--wait", "--yes", "--output", "json")
    left = differences(before, whole(cloud))
    screen.heading(f"What differs in the whole cloud: {len(left)} values")
    for line in left:
        screen.explain(line)
    if left:
        raise DemonstrationFailed("the undo was to leave no difference")
    screen.good("nothing: the cloud is as it was before the rollback")


def run(cloud: Cloud, *arguments: str) -> None:
    """Runs the command on this very terminal. Raises `DemonstrationFailed` when the run does not end `completed`."""
    screen.say(f"   $ backout {' '.join(arguments)}\n")
    if subprocess.run([cloud.backout, *arguments], env=cloud.env, cwd=ROOT, check=False).returncode != 0:
        raise DemonstrationFailed(f"backout {arguments[0]} did not complete")


def whole(cloud: Cloud) -> dict:
    """The whole cloud, without what backout keeps for itself and the data that the platform goes on taking in."""
    own = f"dynamodb/{cloud.outputs['TableName']},s3/{cloud.outputs['BucketName']},logs"
    data = ",".join(f"s3/{bucket}/" for bucket in (names.RAW_BUCKET, names.PROCESSED_BUCKET))
    with urlopen(f"{cloud.env['AWS_ENDPOINT_URL']}/_localcloud/snapshot?except={own},{data}", timeout=60) as answer:
        return json.load(answer)


def differences(before: object, after: object, path: str = "") -> list[str]:
    """What differs, a line for each value."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted(before.keys() | after.keys())
        found = (differences(before.get(key), after.get(key), f"{path}.{key}" if path else key) for key in keys)
        return [line for lines in found for line in lines]
    return [] if before == after else [f"{path}: {_short(before)} → {_short(after)}"]


def _short(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 60 else f"{text[:59]}…"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--dir", type=Path, default=ROOT / ".localcloud" / "undo", help="where logs go (.localcloud/undo)")
    parser.add_argument("--bin-dir", type=Path, default=ROOT / "target" / "debug", help="where the binaries are (target/debug)")
    arguments = parser.parse_args()

    def story() -> None:
        with local_cloud(arguments.dir.resolve(), arguments.bin_dir.resolve()) as cloud:
            tell(cloud)

    return play(story)


if __name__ == "__main__":
    sys.exit(main())
