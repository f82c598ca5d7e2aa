"""Timestream for InfluxDB: the life of an instance."""

import json
import urllib.request
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError


@pytest.fixture
def influx(client):
    return client("timestream-influxdb")


def create(influx, name="ons-influxdb-prod"):
    return influx.create_db_instance(
        name=name,
        password="secret-password",
        dbInstanceType="db.influx.medium",
        vpcSubnetIds=["subnet-1"],
        vpcSecurityGroupIds=["sg-1"],
        allocatedStorage=100,
    )


def put_status(cloud, identifier, status):
    url = f"{cloud.endpoint}/_localcloud/timestream-influxdb/{identifier}/status"
    body = json.dumps({"status": status}).encode()
    request = urllib.request.Request(url, data=body, headers={"Content-Type": "application/json"}, method="POST")
    return urllib.request.urlopen(request).status


def test_an_instance_is_created_and_then_available(influx, monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_INFLUXDB_CREATE_SECONDS", "3600")
    slow = create(influx)
    assert slow["status"] == "CREATING"
    assert influx.get_db_instance(identifier=slow["id"])["status"] == "CREATING"
    monkeypatch.setenv("LOCALCLOUD_INFLUXDB_CREATE_SECONDS", "0")
    quick = create(influx, "ons-influxdb-staging")
    assert influx.get_db_instance(identifier=quick["id"])["status"] == "AVAILABLE"
    assert "secret:" in quick["influxAuthParametersSecretArn"]


def test_instances_are_listed_by_name_and_got_by_id_only(influx):
    created = create(influx)
    assert [(i["name"], i["id"]) for i in influx.list_db_instances()["items"]] == [("ons-influxdb-prod", created["id"])]
    with pytest.raises(ClientError) as refused:
        influx.get_db_instance(identifier="ons-influxdb-prod")
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_an_instance_can_be_made_to_fail_and_stays_so(cloud, influx):
    identifier = create(influx)["id"]
    assert put_status(cloud, identifier, "FAILED") == 200
    assert influx.get_db_instance(identifier=identifier)["status"] == "FAILED"
    assert influx.list_db_instances()["items"][0]["status"] == "FAILED"


@pytest.mark.parametrize("identifier, status, code", [("absent", "FAILED", 404), (None, "BROKEN", 400)])
def test_only_an_instance_can_be_put_into_a_status_of_the_model(cloud, influx, identifier, status, code):
    identifier = identifier or create(influx)["id"]
    with pytest.raises(HTTPError) as refused:
        put_status(cloud, identifier, status)
    assert refused.value.code == code


def test_a_deleted_instance_is_gone_after_a_while(influx, monkeypatch):
    identifier = create(influx)["id"]
    monkeypatch.setenv("LOCALCLOUD_INFLUXDB_DELETE_SECONDS", "0")
    assert influx.delete_db_instance(identifier=identifier)["status"] == "DELETING"
    with pytest.raises(ClientError) as refused:
        influx.get_db_instance(identifier=identifier)
    assert refused.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_instances_are_listed_in_pages(influx):
    for number in range(3):
        create(influx, f"influx-{number}")
    first = influx.list_db_instances(maxResults=2)
    assert len(first["items"]) == 2
    assert len(influx.list_db_instances(maxResults=2, nextToken=first["nextToken"])["items"]) == 1
