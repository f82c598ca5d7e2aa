"""Which resource and method of a deployment a request is for."""

from typing import Any, NamedTuple

from .apigateway_deployments import Snapshot


class Match(NamedTuple):
    resource: dict[str, Any]
    method: dict[str, Any]
    parameters: dict[str, str]


def find(snapshot: Snapshot, http_method: str, path: str) -> Match | None:
    """The best match: a literal segment before a parameter, a parameter before a greedy one, a method before ANY."""
    candidates = []
    for resource in snapshot:
        matched = _match(_segments(resource["path"]), _segments(path))
        method = resource["methods"].get(http_method) or resource["methods"].get("ANY")
        if matched is not None and method is not None:
            rank, parameters = matched
            candidates.append((rank, Match(resource, method, parameters)))
    return min(candidates, key=lambda candidate: candidate[0])[1] if candidates else None


def _segments(path: str) -> list[str]:
    return [segment for segment in path.split("/") if segment]


def _match(pattern: list[str], path: list[str]) -> tuple[list[int], dict[str, str]] | None:
    rank: list[int] = []
    parameters: dict[str, str] = {}
    for index, segment in enumerate(pattern):
        if segment.startswith("{") and segment.endswith("+}"):
            if index >= len(path):
                return None
            parameters[segment[1:-2]] = "/".join(path[index:])
            return [*rank, 2], parameters
        if index >= len(path):
            return None
        if segment.startswith("{"):
            parameters[segment[1:-1]] = path[index]
            rank.append(1)
        elif segment == path[index]:
            rank.append(0)
        else:
            return None
    return (rank, parameters) if len(pattern) == len(path) else None
