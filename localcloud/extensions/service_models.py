"""All public service models are read by one loader.

moto makes a loader for each, and each looks through the folders of some four hundred services before it reads its one.
"""

from functools import cache

from moto.core import utils


def install() -> None:
    utils.create_loader = cache(utils.create_loader)
