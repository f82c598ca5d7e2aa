"""Lambda resource policies."""

import json

import pytest
from botocore.exceptions import ClientError

from localcloud.extensions.lambda_policy import allows_invoke

from .test_lambda_revisions import functions, instant, revision  # noqa: F401

API = "arn:aws:execute-api:us-east-1:123456789012:api1"
ACCOUNT = "123456789012"


def permit(functions, sid="gateway", **more):
    return functions.add_permission(
        FunctionName="loader",
        StatementId=sid,
        Action="lambda:InvokeFunction",
        Principal="apigateway.amazonaws.com",
        **more,
    )


def code_of(call):
    with pytest.raises(ClientError) as refused:
        call()
    return refused.value.response["Error"]["Code"], refused.value.response["ResponseMetadata"]["HTTPStatusCode"]


def test_without_a_permission_there_is_no_policy(functions):
    assert code_of(lambda: functions.get_policy(FunctionName="loader")) == ("ResourceNotFoundException", 404)


def test_a_permission_becomes_a_statement(functions):
    arn = functions.get_function_configuration(FunctionName="loader")["FunctionArn"]
    permit(functions, SourceArn=f"{API}/*/POST/query", SourceAccount=ACCOUNT)
    answer = functions.get_policy(FunctionName="loader")
    assert json.loads(answer["Policy"])["Statement"] == [
        {
            "Sid": "gateway",
            "Effect": "Allow",
            "Principal": {"Service": "apigateway.amazonaws.com"},
            "Action": "lambda:InvokeFunction",
            "Resource": arn,
            "Condition": {
                "ArnLike": {"AWS:SourceArn": f"{API}/*/POST/query"},
                "StringEquals": {"AWS:SourceAccount": ACCOUNT},
            },
        }
    ]
    assert answer["RevisionId"] == revision(functions)


def test_a_statement_id_is_used_once(functions):
    permit(functions)
    assert code_of(lambda: permit(functions)) == ("ResourceConflictException", 409)


def test_adding_and_removing_change_the_revision_and_check_it(functions):
    stale = revision(functions)
    permit(functions, RevisionId=stale)
    remove = {"FunctionName": "loader", "StatementId": "gateway"}
    assert code_of(lambda: functions.remove_permission(**remove, RevisionId=stale)) == (
        "PreconditionFailedException",
        412,
    )
    functions.remove_permission(**remove, RevisionId=revision(functions))
    assert code_of(lambda: functions.get_policy(FunctionName="loader"))[0] == "ResourceNotFoundException"
    assert code_of(lambda: functions.remove_permission(**remove))[0] == "ResourceNotFoundException"


def test_a_function_a_version_and_an_alias_have_policies_of_their_own(functions, instant):
    permit(functions, sid="on-function")
    functions.publish_version(FunctionName="loader")
    alias = functions.create_alias(FunctionName="loader", Name="live", FunctionVersion="1")
    permit(functions, sid="on-version", Qualifier="1")
    permit(functions, sid="on-alias", Qualifier="live")
    for qualifier, sid in ((None, "on-function"), ("1", "on-version"), ("live", "on-alias")):
        policy = functions.get_policy(FunctionName="loader", **({"Qualifier": qualifier} if qualifier else {}))
        assert [s["Sid"] for s in json.loads(policy["Policy"])["Statement"]] == [sid]
    functions.remove_permission(FunctionName="loader", StatementId="on-alias", Qualifier="live")
    assert not allows_invoke(alias["AliasArn"], "apigateway.amazonaws.com", f"{API}/prod/GET/", ACCOUNT)


def test_who_may_invoke(functions):
    arn = functions.get_function_configuration(FunctionName="loader")["FunctionArn"]

    def asks(service="apigateway.amazonaws.com", source=f"{API}/prod/POST/query", account=ACCOUNT):
        return allows_invoke(arn, service, source, account)

    assert not asks()
    permit(functions, SourceArn=f"{API}/*/POST/query")
    assert asks()
    assert not asks(service="sns.amazonaws.com")
    assert not asks(source=f"{API}/prod/GET/health")
    assert not allows_invoke(arn + "-absent", "apigateway.amazonaws.com", API, ACCOUNT)


def test_cloudformation_grants_a_permission(functions, client):
    template = {
        "Resources": {
            "Grant": {
                "Type": "AWS::Lambda::Permission",
                "Properties": {
                    "FunctionName": "loader",
                    "Action": "lambda:InvokeFunction",
                    "Principal": "sns.amazonaws.com",
                },
            }
        }
    }
    client("cloudformation").create_stack(StackName="s", TemplateBody=json.dumps(template))
    statement = json.loads(functions.get_policy(FunctionName="loader")["Policy"])["Statement"][0]
    assert statement["Principal"] == {"Service": "sns.amazonaws.com"} and "FunctionName" not in statement
