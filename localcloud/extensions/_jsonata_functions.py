"""The JSONata functions that Step Functions adds to the language and that need more than the language."""

import hashlib
import json
import random
import uuid
from collections.abc import Callable
from typing import Any

_DIGESTS = {
    "MD5": hashlib.md5,
    "SHA-1": hashlib.sha1,
    "SHA-256": hashlib.sha256,
    "SHA-384": hashlib.sha384,
    "SHA-512": hashlib.sha512,
}


def _hash(value: Any, algorithm: str) -> str:
    text = value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    return _DIGESTS[algorithm](text.encode()).hexdigest()


def _random(seed: int | None = None) -> float:
    return random.Random(seed).random()


def _uuid() -> str:
    return str(uuid.uuid4())


def _parse(text: str) -> Any:
    return json.loads(text)


FUNCTIONS: dict[str, Callable[..., Any]] = {"hash": _hash, "random": _random, "uuid": _uuid, "parse": _parse}
