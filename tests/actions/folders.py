"""The part of each action's folder that prepares the cloud: `cloud.py`, found by listing.

    canaries(canary)    puts secrets where the action meets them; `canary` has every secret by its name
    matrix(platform)    what is there before the fault matrix tries a use of the action; `platform` has `api` and `url`,
                        and as `use` its name
    tidy()              forgets what would make the next try another one than the first

Run as a script it does what each line of its input says, and answers each with a line:

    {"do": "matrix" | "tidy", "folder": "<service>-<thing>", "use": "...", "platform": {...}}
"""

import functools
import importlib.util
import json
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent


@functools.cache
def module(folder):
    """What a folder has; `None` if it needs nothing."""
    file = HERE / folder / "cloud.py"
    if not file.exists():
        return None
    spec = importlib.util.spec_from_file_location(folder.replace("-", "_"), file)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def part(folder, name):
    """A function of a folder; one that does nothing if it has none of that name."""
    return getattr(module(folder), name, lambda *_: None)


def canaries(canary):
    """Puts every folder's secrets into the cloud."""
    for file in sorted(HERE.glob("*/cloud.py")):
        part(file.parent.name, "canaries")(canary)


def main():
    for line in sys.stdin:
        order = json.loads(line)
        given = [order["platform"] | {"use": order["use"]}] if order["do"] == "matrix" else []
        part(order["folder"], order["do"])(*given)
        print("done", flush=True)


if __name__ == "__main__":
    main()
