"""Bucket policies with conditions."""

import json

import pytest
from botocore.exceptions import ClientError


def _policy(bucket: str, condition: dict) -> str:
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
    }
    if condition:
        statement["Condition"] = condition
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def _bucket(s3, condition: dict) -> str:
    s3.create_bucket(Bucket="policies")
    s3.put_object(Bucket="policies", Key="a", Body=b"x")
    s3.put_bucket_policy(Bucket="policies", Policy=_policy("policies", condition))
    return "policies"


def test_a_policy_that_demands_tls_lets_the_local_cloud_read(client):
    s3 = client("s3")
    bucket = _bucket(s3, {"Bool": {"aws:SecureTransport": "false"}})
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"x"


def test_a_denial_without_condition_denies(client):
    s3 = client("s3")
    bucket = _bucket(s3, {})
    with pytest.raises(ClientError) as refused:
        s3.get_object(Bucket=bucket, Key="a")
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 403
