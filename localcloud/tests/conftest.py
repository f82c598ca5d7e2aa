"""A real server on a free port, with every extension installed, shared by all tests and emptied before each."""

import pytest

from localcloud.cloud import LocalCloud


@pytest.fixture(scope="session")
def running_cloud(tmp_path_factory):
    with LocalCloud(directory=tmp_path_factory.mktemp("cloud")) as cloud:
        yield cloud


@pytest.fixture(autouse=True)
def cloud(running_cloud):
    running_cloud.reset()
    return running_cloud


@pytest.fixture
def client(cloud):
    """`client("lambda")` gives a boto3 client of the local cloud."""
    return cloud.client
