"""EventBridge event patterns, as far as rules on S3 events use them."""


def matches(pattern: dict, event: dict) -> bool:
    """Whether an event has, for each key of the pattern, one of the values listed there; `prefix` and `suffix` filters are known.

    Raises ValueError for a filter it does not know, so that no rule is silently taken for a match.
    """
    for key, wanted in pattern.items():
        value = event.get(key)
        if isinstance(wanted, dict):
            if not isinstance(value, dict) or not matches(wanted, value):
                return False
        elif not any(_accepts(candidate, value) for candidate in wanted):
            return False
    return True


def _accepts(candidate, value) -> bool:
    if not isinstance(candidate, dict):
        return candidate == value
    [(filter_, argument)] = candidate.items()
    if filter_ == "prefix":
        return isinstance(value, str) and value.startswith(argument)
    if filter_ == "suffix":
        return isinstance(value, str) and value.endswith(argument)
    raise ValueError(f"event pattern filter {filter_!r} is not known here")
