"""Stacks: buckets, tables and keys have all that a template says of them, and outlive its updates."""

import json

import pytest
from botocore.exceptions import ClientError


def table(key="a", **properties):
    return {
        "T": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "t",
                "BillingMode": "PAY_PER_REQUEST",
                "AttributeDefinitions": [{"AttributeName": key, "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": key, "KeyType": "HASH"}],
                **properties,
            },
        }
    }


def test_a_table_has_its_expiry_backups_and_encryption(stack, client):
    key = {"Type": "AWS::KMS::Key", "Properties": {}}
    settings = {
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS", "KMSMasterKeyId": {"Fn::GetAtt": ["K", "Arn"]}},
        "TimeToLiveSpecification": {"AttributeName": "expires_at", "Enabled": "true"},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "DeletionProtectionEnabled": "true",
    }
    arn = stack({"K": key, **table(**settings)}, {"Key": {"Fn::GetAtt": ["K", "Arn"]}})["Key"]
    dynamodb = client("dynamodb")
    described = dynamodb.describe_table(TableName="t")["Table"]
    assert described["SSEDescription"]["KMSMasterKeyArn"] == arn
    assert described["DeletionProtectionEnabled"] is True
    expiry = dynamodb.describe_time_to_live(TableName="t")["TimeToLiveDescription"]
    assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": "expires_at"}
    backups = dynamodb.describe_continuous_backups(TableName="t")["ContinuousBackupsDescription"]
    assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"

    dynamodb.put_item(TableName="t", Item={"a": {"S": "kept"}})
    stack({"K": key, **table(**settings | {"DeletionProtectionEnabled": "false"})}, {"Key": {"Ref": "K"}})
    assert dynamodb.describe_table(TableName="t")["Table"]["DeletionProtectionEnabled"] is False
    assert dynamodb.scan(TableName="t", Select="COUNT")["Count"] == 1


def test_a_table_is_not_replaced(stack, client):
    stack(table("a"))
    with pytest.raises(ClientError) as caught:
        stack(table("b"))
    assert "T (AWS::DynamoDB::Table) failed" in caught.value.response["Error"]["Message"]
    assert client("dynamodb").describe_table(TableName="t")["Table"]["KeySchema"][0]["AttributeName"] == "a"


def test_a_bucket_has_its_versions_lifecycle_and_locks(stack, client):
    properties = {
        "VersioningConfiguration": {"Status": "Enabled"},
        "OwnershipControls": {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]},
        "PublicAccessBlockConfiguration": {"BlockPublicAcls": True, "BlockPublicPolicy": "true"},
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [{"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}]
        },
        "LifecycleConfiguration": {
            "Rules": [{"Id": "r", "Status": "Enabled", "Prefix": "old/", "ExpirationInDays": "30"}]
        },
    }
    bucket = {"B": {"Type": "AWS::S3::Bucket", "Properties": properties}}
    name = stack(bucket, {"Name": {"Ref": "B"}})["Name"]
    s3 = client("s3")
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Enabled"
    assert s3.get_public_access_block(Bucket=name)["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] is True
    (rule,) = s3.get_bucket_lifecycle_configuration(Bucket=name)["Rules"]
    assert (rule["ID"], rule["Filter"], rule["Expiration"]) == ("r", {"Prefix": "old/"}, {"Days": 30})
    (encryption,) = s3.get_bucket_encryption(Bucket=name)["ServerSideEncryptionConfiguration"]["Rules"]
    assert encryption["ApplyServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    assert s3.put_object(Bucket=name, Key="k", Body=b"1")["VersionId"]

    properties["VersioningConfiguration"] = {"Status": "Suspended"}
    assert stack(bucket, {"Name": {"Ref": "B"}})["Name"] == name
    assert s3.get_bucket_versioning(Bucket=name)["Status"] == "Suspended"


def test_a_key_has_its_policy_and_rotation(stack, client):
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "kms:*", "Resource": "*"}],
    }
    key = {"K": {"Type": "AWS::KMS::Key", "Properties": {"KeyPolicy": policy, "EnableKeyRotation": "true"}}}
    key_id = stack(key, {"Id": {"Ref": "K"}})["Id"]
    kms = client("kms")
    assert json.loads(kms.get_key_policy(KeyId=key_id, PolicyName="default")["Policy"]) == policy
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is True
    secret = kms.encrypt(KeyId=key_id, Plaintext=b"s")["CiphertextBlob"]

    key["K"]["Properties"]["EnableKeyRotation"] = "false"
    assert stack(key, {"Id": {"Ref": "K"}})["Id"] == key_id
    assert kms.get_key_rotation_status(KeyId=key_id)["KeyRotationEnabled"] is False
    assert kms.decrypt(CiphertextBlob=secret)["Plaintext"] == b"s"
