"""Extensions of moto, one file each, for one thing that moto lacks.

A module of this package is an extension. It has

    def install() -> None    patches or extends moto; called once, before the server starts
    def reset() -> None      optional: forgets state that it keeps outside moto's backends, before those are reset, and
                             ends what it has running; called when the cloud is emptied and when it stops

State kept in a moto backend (`BackendDict`) is reset by moto itself. A request that moto should not see is served
through `localcloud.routes.route`. Modules whose name begins with an underscore are helpers, not extensions.
"""

import importlib
import pkgutil
from types import ModuleType

_installed: list[ModuleType] = []


def install_all() -> None:
    """Imports every extension and installs it, in the order of the names. Does nothing when called again."""
    if _installed:
        return
    for info in pkgutil.iter_modules(__path__):
        if info.name.startswith("_"):
            continue
        module = importlib.import_module(f"{__name__}.{info.name}")
        module.install()
        _installed.append(module)


def reset_all() -> None:
    """Resets every extension that keeps state of its own."""
    for module in _installed:
        reset = getattr(module, "reset", None)
        if reset is not None:
            reset()


def names() -> list[str]:
    """The installed extensions, by name."""
    return [module.__name__.rpartition(".")[2] for module in _installed]
