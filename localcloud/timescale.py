"""How much faster the time of the local cloud runs than the clock.

With the scale 10, what takes AWS a minute takes six seconds here: schedules, retries, Wait states, AppConfig's
deployments, updates that take a moment, and the timeouts of functions. Functions need not know: they take their
deadlines from the header that the host gives them.

The clock itself is not changed. Times in answers and logs are real ones, and what a program measures by its own clock
takes as long as it says.
"""

import math
import os

SETTING = "BACKOUT_CLOUD_SCALE"

# A change begins to write only if two calls of 10 s each, and some reading, fit before its deadline less 2 s: with less
# than this it would look again and again and never write. Shorter timeouts are kept as they are.
SHORTEST_TIMEOUT_SECONDS = 40.0


def parse(text: str) -> float:
    """A scale as it is written. Raises `ValueError`, which says what is wrong."""
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not 1 <= value <= 1000:  # also false for what is no number
        raise ValueError(f"{text!r} is no time scale: it is a number from 1 (real time) to 1000, for example 10")
    return value


def scale() -> float:
    """The setting, read anew at each use so that a test can change it. 1 unless set."""
    return parse(os.environ.get(SETTING) or "1")


def scaled(seconds: float) -> float:
    """How long `seconds` of the cloud's time last by the clock."""
    return seconds / scale()


def function_timeout(seconds: float) -> float:
    """How long a function with this timeout may run by the clock."""
    return max(scaled(seconds), min(seconds, SHORTEST_TIMEOUT_SECONDS))
