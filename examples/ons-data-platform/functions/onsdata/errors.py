"""Errors that the functions answer with. Their names are what callers see as `errorType`."""


class StoreUnavailable(Exception):
    """The time-series store cannot serve; the message names it and its state."""


class Misconfigured(Exception):
    """The function's environment does not fit its package; the message names the variable."""


class BadRequest(Exception):
    """The caller asked for something that no retry makes possible."""
