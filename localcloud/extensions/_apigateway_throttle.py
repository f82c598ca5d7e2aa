"""Token buckets of a stage's methods, filled and bounded by the stage's settings as they are at each request."""

import threading
import time
from dataclasses import dataclass
from typing import Any

from moto.apigateway.models import Stage


@dataclass
class _Bucket:
    tokens: float
    filled_at: float


_lock = threading.Lock()
_buckets: dict[tuple[str, str, str], _Bucket] = {}


def _escape(path: str) -> str:
    return path.replace("~", "~0").replace("/", "~1")


def method_settings(stage: Stage, resource_path: str, http_method: str) -> dict[str, Any]:
    """The settings of a method: its own, or else those of `*/*`, or else none."""
    settings = stage.method_settings
    return settings.get(f"{_escape(resource_path)}/{http_method}") or settings.get("*/*") or {}


def admit(api_id: str, stage: Stage, resource_path: str, http_method: str) -> bool:
    """Takes a token of the method's bucket. False when there is none. Without a throttle everything is admitted."""
    settings = method_settings(stage, resource_path, http_method)
    rate, burst = settings.get("throttlingRateLimit", -1), settings.get("throttlingBurstLimit", -1)
    if rate < 0 or burst < 0:
        return True
    now = time.monotonic()
    key = (api_id, str(stage.name), f"{http_method} {resource_path}")
    with _lock:
        bucket = _buckets.setdefault(key, _Bucket(float(burst), now))
        bucket.tokens = min(float(burst), bucket.tokens + (now - bucket.filled_at) * rate)
        bucket.filled_at = now
        if bucket.tokens < 1:
            return False
        bucket.tokens -= 1
        return True


def reset() -> None:
    """Forgets every bucket."""
    _buckets.clear()
