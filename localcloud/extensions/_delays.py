"""How long the local cloud takes for what takes AWS seconds or minutes."""

import os

from ..timescale import scaled


def seconds(name: str, default: float) -> float:
    """The setting `LOCALCLOUD_<name>_SECONDS` on the time scale, read anew at each use so that a test can change it."""
    return scaled(float(os.environ.get(f"LOCALCLOUD_{name}_SECONDS", default)))
