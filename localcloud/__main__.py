"""The command line of the local cloud."""

import argparse
import logging
import os
import sys
from pathlib import Path

from . import timescale

DEFAULT_PORT = 4566
DEFAULT_EXAMPLE = "ons-data-platform"


def main() -> int:
    started_by = os.getppid()  # before anything takes time
    options = _parser().parse_args()
    # Warnings of our own matter; moto's are about details of requests.
    logging.basicConfig(level=logging.ERROR, format="localcloud: %(message)s")
    logging.getLogger("localcloud").setLevel(logging.WARNING)
    # Of an execution that fails it writes the whole definition, state by state; the history says it, too.
    logging.getLogger("moto.stepfunctions.parser.asl.component.eval_component").setLevel(logging.CRITICAL)
    os.environ[timescale.SETTING] = f"{options.scale:g}"
    from . import up  # after the arguments are known to be right: it loads moto

    return up.up(
        up.Options(
            port=options.port,
            directory=options.dir,
            bin_dir=options.bin_dir,
            stack=options.stack,
            example=None if options.no_example else options.example,
            alive=not options.at_rest,
            started_by=None if options.detach else started_by,
        )
    )


def _scale(text: str) -> float:
    try:
        return timescale.parse(text)
    except ValueError as wrong:
        raise argparse.ArgumentTypeError(str(wrong)) from None


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="localcloud", description="An AWS on this machine.")
    commands = parser.add_subparsers(required=True, metavar="command")
    up = commands.add_parser(
        "up",
        help="serve in the foreground",
        description="Serves in the foreground, with the stack, an example and the shipped plans deployed. Ready when "
        "DIR/cloud.json exists.",
    )
    up.add_argument(
        "--port",
        type=int,
        default=int(os.environ.get("BACKOUT_CLOUD_PORT", DEFAULT_PORT)),
        help=f"0 takes a free one (default {DEFAULT_PORT}, or BACKOUT_CLOUD_PORT)",
    )
    up.add_argument("--dir", type=Path, default=Path(".localcloud"), help="where logs and cloud.json go (%(default)s)")
    up.add_argument(
        "--bin-dir", type=Path, default=Path("target/debug"), help="where the functions' binaries are (%(default)s)"
    )
    up.add_argument("--stack", default="backout", help="the name of the stack (%(default)s)")
    example = up.add_mutually_exclusive_group()
    example.add_argument("--example", default=DEFAULT_EXAMPLE, help="a folder of examples/ (%(default)s)")
    example.add_argument("--no-example", action="store_true", help="the stack only")
    up.add_argument("--at-rest", action="store_true", help="without the example's users and data")
    up.add_argument(
        "--scale",
        type=_scale,
        # A text, so that it is checked like one that was typed.
        default=os.environ.get(timescale.SETTING) or "1",
        help=f"how many times faster than the clock its time runs (default 1, or {timescale.SETTING})",
    )
    up.add_argument(
        "--detach", action="store_true", help="go on when the program that started it has ended; otherwise it ends too"
    )
    return parser


if __name__ == "__main__":
    sys.exit(main())
