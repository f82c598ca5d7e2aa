"""The life of an example: runs against the cloud while the block lasts, and not a moment longer."""

import textwrap

import pytest

from localcloud.life import life
from localcloud.tests.support import eventually

LIVE = """
    import argparse, os, signal, sys, time
    parser = argparse.ArgumentParser()
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--record")
    arguments = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    print("alive", flush=True)
    with open(arguments.record, "w") as record:
        record.write(os.environ["AWS_ENDPOINT_URL"])
    time.sleep(arguments.seconds)
"""


@pytest.fixture
def example(tmp_path):
    folder = tmp_path / "example"
    folder.mkdir()
    return folder


def test_it_lives_as_long_as_the_block_and_asks_this_cloud(cloud, example, tmp_path):
    (example / "live.py").write_text(textwrap.dedent(LIVE))
    records = tmp_path / "logs" / "requests.jsonl"

    with life(cloud, example, tmp_path / "logs") as process:
        endpoint = eventually(lambda: records.read_text() if records.exists() else None)
        assert endpoint == cloud.endpoint
        assert process.poll() is None

    assert process.poll() == 0
    assert (tmp_path / "logs" / "live.log").read_text() == "alive\n"


def test_it_is_stopped_when_the_block_fails(cloud, example, tmp_path):
    (example / "live.py").write_text("import time; time.sleep(600)")
    with pytest.raises(KeyError):
        with life(cloud, example, tmp_path / "logs") as process:
            raise KeyError
    assert process.poll() is not None


def test_an_example_without_a_life_needs_none(cloud, example, tmp_path):
    with life(cloud, example, tmp_path / "logs") as process:
        assert process is None
    assert not (tmp_path / "logs").exists()
