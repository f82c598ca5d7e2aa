"""Lambda updates: revisions, conflicts, versions, aliases."""

import io
import zipfile

import pytest
from botocore.exceptions import ClientError

ROLE_POLICY = '{"Version": "2012-10-17", "Statement": []}'


def package(text="def handler(event, context): return 1"):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("app.py"), text)
    return out.getvalue()


@pytest.fixture
def functions(client):
    role = client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=ROLE_POLICY)["Role"]["Arn"]
    functions = client("lambda")
    functions.create_function(
        FunctionName="loader", Runtime="python3.12", Role=role, Handler="app.handler", Code={"ZipFile": package()}
    )
    return functions


def revision(functions):
    return functions.get_function_configuration(FunctionName="loader")["RevisionId"]


def settle(functions):
    functions.get_waiter("function_updated_v2").wait(FunctionName="loader", WaiterConfig={"Delay": 1})


@pytest.fixture
def instant(monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_LAMBDA_UPDATE_SECONDS", "0")


@pytest.fixture
def endless(monkeypatch):
    monkeypatch.setenv("LOCALCLOUD_LAMBDA_UPDATE_SECONDS", "3600")


def test_a_reading_does_not_change_the_revision(functions):
    listed = functions.list_functions()["Functions"][0]["RevisionId"]
    assert revision(functions) == revision(functions) == listed


def test_an_update_changes_the_revision_and_its_settling_changes_it_again(functions):
    before = revision(functions)
    updated = functions.update_function_configuration(FunctionName="loader", MemorySize=256)
    assert updated["LastUpdateStatus"] == "InProgress"
    settle(functions)
    settled = functions.get_function_configuration(FunctionName="loader")
    assert settled["LastUpdateStatus"] == "Successful"
    assert len({before, updated["RevisionId"], settled["RevisionId"]}) == 3


@pytest.mark.parametrize(
    "update",
    [
        lambda f, **k: f.update_function_code(FunctionName="loader", ZipFile=package(), **k),
        lambda f, **k: f.update_function_configuration(FunctionName="loader", Timeout=9, **k),
        lambda f, **k: f.publish_version(FunctionName="loader", **k),
        lambda f, **k: f.add_permission(
            FunctionName="loader", StatementId="s", Action="lambda:InvokeFunction", Principal="s3.amazonaws.com", **k
        ),
    ],
    ids=["code", "configuration", "publish", "permission"],
)
def test_a_stale_revision_is_refused_and_the_current_one_is_not(functions, instant, update):
    stale = revision(functions)
    functions.update_function_configuration(FunctionName="loader", Description="by somebody else")
    with pytest.raises(ClientError) as refused:
        update(functions, RevisionId=stale)
    assert refused.value.response["Error"]["Code"] == "PreconditionFailedException"
    assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 412
    update(functions, RevisionId=revision(functions))


def test_an_update_during_an_update_is_refused(functions, endless):
    functions.update_function_configuration(FunctionName="loader", MemorySize=256)
    for update in (
        lambda: functions.update_function_code(FunctionName="loader", ZipFile=package("x = 2")),
        lambda: functions.update_function_configuration(FunctionName="loader", MemorySize=512),
        lambda: functions.publish_version(FunctionName="loader"),
    ):
        with pytest.raises(ClientError) as refused:
            update()
        assert refused.value.response["Error"]["Code"] == "ResourceConflictException"
        assert refused.value.response["ResponseMetadata"]["HTTPStatusCode"] == 409
    assert functions.get_function_configuration(FunctionName="loader")["MemorySize"] == 256


def test_an_environment_is_replaced_as_a_whole(functions, instant):
    functions.update_function_configuration(FunctionName="loader", Environment={"Variables": {"A1": "1", "B1": "2"}})
    functions.update_function_configuration(FunctionName="loader", Environment={"Variables": {"A1": "3"}})
    assert functions.get_function_configuration(FunctionName="loader")["Environment"] == {"Variables": {"A1": "3"}}
    functions.update_function_configuration(FunctionName="loader", Environment={})
    assert "Environment" not in functions.get_function_configuration(FunctionName="loader")


def test_a_version_keeps_its_code_configuration_and_revision(functions, instant):
    first = functions.publish_version(FunctionName="loader")
    assert functions.publish_version(FunctionName="loader")["Version"] == first["Version"]
    functions.update_function_code(FunctionName="loader", ZipFile=package("x = 2"))
    kept = functions.get_function_configuration(FunctionName="loader", Qualifier="1")
    assert kept["CodeSha256"] == first["CodeSha256"] and kept["RevisionId"] == first["RevisionId"]
    assert functions.publish_version(FunctionName="loader")["Version"] == "2"


def test_publishing_refuses_code_that_is_not_the_expected(functions):
    with pytest.raises(ClientError) as refused:
        functions.publish_version(FunctionName="loader", CodeSha256="0" * 43 + "=")
    assert refused.value.response["Error"]["Code"] == "InvalidParameterValueException"


def test_an_alias_has_a_revision_of_its_own(functions, instant):
    functions.publish_version(FunctionName="loader")
    functions.update_function_configuration(FunctionName="loader", Timeout=7)
    functions.publish_version(FunctionName="loader")
    created = functions.create_alias(
        FunctionName="loader",
        Name="live",
        FunctionVersion="1",
        RoutingConfig={"AdditionalVersionWeights": {"2": 0.1}},
    )
    moved = functions.update_alias(
        FunctionName="loader",
        Name="live",
        FunctionVersion="2",
        RoutingConfig={"AdditionalVersionWeights": {}},
        RevisionId=created["RevisionId"],
    )
    assert moved["FunctionVersion"] == "2" and "RoutingConfig" not in moved
    with pytest.raises(ClientError) as refused:
        functions.update_alias(
            FunctionName="loader", Name="live", FunctionVersion="1", RevisionId=created["RevisionId"]
        )
    assert refused.value.response["Error"]["Code"] == "PreconditionFailedException"
    assert functions.get_alias(FunctionName="loader", Name="live")["FunctionVersion"] == "2"
