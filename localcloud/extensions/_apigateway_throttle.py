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


def _limit(stage: Stage, resource_path: str, http_method: str, name: str) -> float:
    """The method's own limit, or else that of `*/*`. -1 is no limit of one's own, and in the end none at all."""
    for key in (f"{_escape(resource_path)}/{http_method}", "*/*"):
        limit = stage.method_settings.get(key, {}).get(name, -1)
        if limit >= 0:
            return float(limit)
    return -1


def admit(api_id: str, stage: Stage, resource_path: str, http_method: str) -> bool:
    """Takes a token of the method's bucket. False when there is none. Without a throttle everything is admitted."""
    rate = _limit(stage, resource_path, http_method, "throttlingRateLimit")
    burst = _limit(stage, resource_path, http_method, "throttlingBurstLimit")
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
