"""Lambda packages: sources, refusals, dry runs, downloads."""

import base64
import hashlib
import urllib.request
from urllib.error import HTTPError

import pytest
from botocore.exceptions import ClientError

from .test_lambda_revisions import functions, instant, package  # noqa: F401

NEW = package("x = 2")


def sha(data):
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


@pytest.fixture
def bucket(client):
    store = client("s3")
    store.create_bucket(Bucket="artifacts")
    store.put_bucket_versioning(Bucket="artifacts", VersioningConfiguration={"Status": "Enabled"})
    return store


def test_a_location_can_be_downloaded_and_only_with_its_signature(functions):
    location = functions.get_function(FunctionName="loader")["Code"]["Location"]
    assert urllib.request.urlopen(location).read() == package()
    with pytest.raises(HTTPError) as refused:
        urllib.request.urlopen(location[:-1] + ("0" if location[-1] != "0" else "1"))
    assert refused.value.code == 403


def test_a_location_still_gives_the_old_code_after_an_update(functions, instant):
    location = functions.get_function(FunctionName="loader")["Code"]["Location"]
    functions.update_function_code(FunctionName="loader", ZipFile=NEW)
    assert urllib.request.urlopen(location).read() == package()


def test_a_dry_run_tells_the_new_hash_and_changes_nothing(functions):
    before = functions.get_function_configuration(FunctionName="loader")
    dry = functions.update_function_code(FunctionName="loader", ZipFile=NEW, DryRun=True)
    assert dry["CodeSha256"] == sha(NEW) and dry["CodeSize"] == len(NEW)
    after = functions.get_function_configuration(FunctionName="loader")
    assert {k: before[k] for k in before if k != "ResponseMetadata"} == {
        k: after[k] for k in after if k != "ResponseMetadata"
    }


def test_code_comes_from_the_version_of_an_object_that_was_named(functions, instant, bucket):
    first = bucket.put_object(Bucket="artifacts", Key="loader.zip", Body=package("v = 1"))["VersionId"]
    bucket.put_object(Bucket="artifacts", Key="loader.zip", Body=package("v = 2"))
    source = {"S3Bucket": "artifacts", "S3Key": "loader.zip"}
    assert functions.update_function_code(FunctionName="loader", **source)["CodeSha256"] == sha(package("v = 2"))
    updated = functions.update_function_code(FunctionName="loader", **source, S3ObjectVersion=first)
    assert updated["CodeSha256"] == sha(package("v = 1"))


@pytest.mark.parametrize(
    "source, code",
    [
        ({"S3Bucket": "nowhere", "S3Key": "a.zip"}, "NoSuchBucket"),
        ({"S3Bucket": "artifacts", "S3Key": "absent.zip"}, "NoSuchKey"),
        ({"S3Bucket": "artifacts", "S3Key": "a.zip", "S3ObjectVersion": "absent"}, "NoSuchVersion"),
        ({"S3Bucket": "abroad", "S3Key": "a.zip"}, "PermanentRedirect"),
    ],
)
def test_a_source_that_cannot_be_read_is_named_and_nothing_changes(functions, client, bucket, source, code):
    client("s3", region="eu-west-1").create_bucket(
        Bucket="abroad", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    before = functions.get_function_configuration(FunctionName="loader")
    with pytest.raises(ClientError) as refused:
        functions.update_function_code(FunctionName="loader", **source)
    error = refused.value.response["Error"]
    assert error["Code"] == "InvalidParameterValueException" and f"S3 Error Code: {code}." in error["Message"]
    after = functions.get_function_configuration(FunctionName="loader")
    assert (after["CodeSha256"], after["RevisionId"]) == (before["CodeSha256"], before["RevisionId"])


def test_what_is_not_a_package_is_refused(functions):
    with pytest.raises(ClientError) as refused:
        functions.update_function_code(FunctionName="loader", ZipFile=b"not a zip")
    assert "Could not unzip" in refused.value.response["Error"]["Message"]


def test_an_update_without_code_is_refused(functions):
    with pytest.raises(ClientError) as refused:
        functions.update_function_code(FunctionName="loader")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_an_image_has_no_package_and_keeps_its_type(functions, client, instant):
    role = client("iam").get_role(RoleName="r")["Role"]["Arn"]
    image = "123456789012.dkr.ecr.us-east-1.amazonaws.com/loader:5"
    functions.create_function(FunctionName="image", Role=role, PackageType="Image", Code={"ImageUri": image})
    code = functions.get_function(FunctionName="image")["Code"]
    assert (code["RepositoryType"], code["ImageUri"]) == ("ECR", image) and "Location" not in code
    for update in ({"FunctionName": "image", "ZipFile": NEW}, {"FunctionName": "loader", "ImageUri": image}):
        with pytest.raises(ClientError) as refused:
            functions.update_function_code(**update)
        assert "packageType" in refused.value.response["Error"]["Message"]


def test_a_code_signing_configuration_is_told_only_when_there_is_one(functions, client):
    role = client("iam").get_role(RoleName="r")["Role"]["Arn"]
    signing = "arn:aws:lambda:us-east-1:123456789012:code-signing-config:csc-0123456789abcdef0"
    functions.create_function(
        FunctionName="signed", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": package()},
        CodeSigningConfigArn=signing,
    )  # fmt: skip
    told = functions.get_function_code_signing_config(FunctionName="signed")
    assert (told["CodeSigningConfigArn"], told["FunctionName"]) == (signing, "signed")
    assert "CodeSigningConfigArn" not in functions.get_function_code_signing_config(FunctionName="loader")
