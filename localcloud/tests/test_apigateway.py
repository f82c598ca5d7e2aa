"""API Gateway's control plane: deployments, integrations, settings, exports."""

import json
from dataclasses import dataclass

import pytest
from botocore.exceptions import ClientError

ACCOUNT = "123456789012"


def uri(function):
    arn = f"arn:aws:lambda:us-east-1:{ACCOUNT}:function:{function}"
    return f"arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/{arn}/invocations"


@dataclass
class Api:
    """A REST API with POST /query, deployed to the stage prod."""

    gateway: object
    id: str
    resource: str

    @property
    def method(self):
        return {"restApiId": self.id, "resourceId": self.resource, "httpMethod": "POST"}

    @property
    def stage(self):
        return {"restApiId": self.id, "stageName": "prod"}

    def deploy(self, **more):
        return self.gateway.create_deployment(**self.stage, **more)["id"]

    def patch_stage(self, *operations):
        names = ("op", "path", "value")
        patches = [dict(zip(names, operation)) for operation in operations]
        return self.gateway.update_stage(**self.stage, patchOperations=patches)

    def patch_integration(self, *operations):
        names = ("op", "path", "value")
        patches = [dict(zip(names, operation)) for operation in operations]
        return self.gateway.update_integration(**self.method, patchOperations=patches)

    def exported(self, **more):
        parameters = {"exportType": "oas30", "parameters": {"extensions": "integrations"}, **more}
        return self.gateway.get_export(**self.stage, **parameters)

    def exported_uri(self):
        document = json.load(self.exported()["body"])
        return document["paths"]["/query"]["post"]["x-amazon-apigateway-integration"]["uri"]


@pytest.fixture
def api(client):
    gateway = client("apigateway")
    identifier = gateway.create_rest_api(name="platform")["id"]
    root = gateway.get_resources(restApiId=identifier)["items"][0]["id"]
    resource = gateway.create_resource(restApiId=identifier, parentId=root, pathPart="query")["id"]
    created = Api(gateway, identifier, resource)
    gateway.put_method(**created.method, authorizationType="NONE")
    gateway.put_integration(
        **created.method, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri("influx")
    )
    created.deploy(description="first")
    return created


def refused(call):
    with pytest.raises(ClientError) as raised:
        call()
    error = raised.value.response["Error"]
    return error["Code"], raised.value.response["ResponseMetadata"]["HTTPStatusCode"], error["Message"]


def test_an_integration_is_patched(api):
    patched = api.patch_integration(
        ("replace", "/uri", uri("timestream")),
        ("replace", "/timeoutInMillis", "5000"),
        ("add", "/requestParameters/integration.request.header.a~1b", "'x'"),
    )
    read = api.gateway.get_integration(**api.method)
    assert (read["uri"], read["timeoutInMillis"]) == (uri("timestream"), 5000) == (patched["uri"], patched["timeoutInMillis"])
    assert read["requestParameters"] == {"integration.request.header.a/b": "'x'"}
    assert read["passthroughBehavior"] == "WHEN_NO_MATCH"


@pytest.mark.parametrize(
    "operation",
    [("replace", "/nonsense", "x"), ("replace", "/uri", "https://example.org"), ("add", "/uri", uri("x"))],
)
def test_a_bad_patch_of_an_integration_is_refused_and_changes_nothing(api, operation):
    assert refused(lambda: api.patch_integration(("replace", "/timeoutInMillis", "50"), operation))[:2] == (
        "BadRequestException",
        400,
    )
    assert api.gateway.get_integration(**api.method)["timeoutInMillis"] == 29000


def test_an_edit_is_not_deployed_until_it_is_deployed(api):
    api.patch_integration(("replace", "/uri", uri("timestream")))
    assert api.exported_uri() == uri("influx")
    api.deploy()
    assert api.exported_uri() == uri("timestream")


def test_the_earlier_deployment_can_be_pointed_to_again(api):
    earlier = api.gateway.get_stage(**api.stage)["deploymentId"]
    api.patch_integration(("replace", "/uri", uri("timestream")))
    later = api.deploy()
    assert api.gateway.get_stage(**api.stage)["deploymentId"] == later
    api.patch_stage(("replace", "/deploymentId", earlier))
    assert api.exported_uri() == uri("influx")
    assert refused(lambda: api.patch_stage(("replace", "/deploymentId", "absent")))[0] == "BadRequestException"
    assert refused(lambda: api.gateway.delete_deployment(restApiId=api.id, deploymentId=earlier))[0] == "BadRequestException"
    api.gateway.delete_deployment(restApiId=api.id, deploymentId=later)


def test_deployments_are_described(api):
    later = api.deploy(description="second")
    listed = api.gateway.get_deployments(restApiId=api.id)["items"]
    assert [d["description"] for d in listed] == ["first", "second"]
    plain = api.gateway.get_deployment(restApiId=api.id, deploymentId=later)
    assert "apiSummary" not in plain and plain["createdDate"]
    embedded = api.gateway.get_deployment(restApiId=api.id, deploymentId=later, embed=["apisummary"])
    assert embedded["apiSummary"] == {"/query": {"POST": {"authorizationType": "NONE", "apiKeyRequired": False}}}
    assert refused(lambda: api.gateway.get_deployment(restApiId=api.id, deploymentId="x"))[:2] == ("NotFoundException", 404)


def test_stages_are_listed_by_deployment(api):
    first = api.gateway.get_stage(**api.stage)["deploymentId"]
    api.gateway.create_stage(restApiId=api.id, stageName="beta", deploymentId=first)
    api.deploy()
    shown = api.gateway.get_stages(restApiId=api.id, deploymentId=first)["item"]
    assert [stage["stageName"] for stage in shown] == ["beta"]


def test_resources_come_in_pages_and_with_methods_only_when_asked(api):
    root = [r for r in api.gateway.get_resources(restApiId=api.id)["items"] if r["path"] == "/"][0]["id"]
    for number in range(30):
        api.gateway.create_resource(restApiId=api.id, parentId=root, pathPart=f"r{number}")
    page = api.gateway.get_resources(restApiId=api.id)
    assert len(page["items"]) == 25 and page["position"]
    everything = api.gateway.get_paginator("get_resources").paginate(restApiId=api.id).build_full_result()["items"]
    assert len(everything) == 32
    assert next(r for r in everything if r["path"] == "/query")["resourceMethods"] == {"POST": {}}
    embedded = api.gateway.get_resource(restApiId=api.id, resourceId=api.resource, embed=["methods"])
    assert embedded["resourceMethods"]["POST"]["methodIntegration"]["uri"] == uri("influx")


def test_a_throttle_is_set_and_taken_away_as_a_whole(api):
    api.patch_stage(
        ("replace", "/*/*/throttling/rateLimit", "1"), ("replace", "/*/*/throttling/burstLimit", "2")
    )
    settings = api.gateway.get_stage(**api.stage)["methodSettings"]["*/*"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (1.0, 2)
    # AWS removes the settings of a method, never a single one.
    code, _, message = refused(lambda: api.patch_stage(("remove", "/*/*/throttling/rateLimit")))
    assert code == "BadRequestException" and "there is no method setting" in message
    api.patch_stage(("remove", "/*/*"))
    assert "methodSettings" not in api.gateway.get_stage(**api.stage) or not api.gateway.get_stage(**api.stage)["methodSettings"]
    assert refused(lambda: api.patch_stage(("remove", "/*/*")))[0] == "BadRequestException"


def test_settings_never_given_are_those_of_the_account(api):
    api.patch_stage(("replace", "/~1query/POST/logging/loglevel", "INFO"))
    settings = api.gateway.get_stage(**api.stage)["methodSettings"]["~1query/POST"]
    assert (settings["throttlingRateLimit"], settings["throttlingBurstLimit"]) == (10000.0, 5000)


@pytest.mark.parametrize(
    "bad",
    [
        ("replace", "/throttle/rateLimit", "1"),
        ("replace", "/*/*/throttling/burstLimit", "many"),
        ("replace", "/*/*", "1"),
        ("add", "/*/*/throttling/rateLimit", "1"),
    ],
)
def test_a_bad_patch_of_a_stage_changes_nothing(api, bad):
    before = api.gateway.get_stage(**api.stage)
    refusal = refused(lambda: api.patch_stage(("replace", "/*/*/throttling/rateLimit", "1"), bad))
    assert refusal[1] == 400
    after = api.gateway.get_stage(**api.stage)
    assert {k: v for k, v in before.items() if k != "ResponseMetadata"} == {
        k: v for k, v in after.items() if k != "ResponseMetadata"
    }


def test_a_redeployment_keeps_the_settings_of_the_stage(api):
    api.patch_stage(("replace", "/*/*/throttling/rateLimit", "7"), ("replace", "/variables/colour", "blue"))
    api.deploy()
    stage = api.gateway.get_stage(**api.stage)
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 7.0
    assert stage["variables"] == {"colour": "blue"}


def test_an_export_is_a_document_of_the_stage(api):
    answer = api.exported()
    assert answer["contentType"] == "application/json"
    document = json.load(answer["body"])
    assert document["openapi"] == "3.0.1"
    assert document["servers"][0]["variables"] == {"basePath": {"default": "prod"}}
    assert document["paths"]["/query"]["post"]["x-amazon-apigateway-integration"] == {
        "type": "aws_proxy",
        "httpMethod": "POST",
        "uri": uri("influx"),
        "passthroughBehavior": "when_no_match",
    }
    assert "x-amazon-apigateway-integration" not in api.exported(parameters={})["body"].read().decode()
    assert api.exported(accepts="application/yaml")["body"].read().startswith(b"openapi: 3.0.1")
    assert refused(lambda: api.gateway.get_export(restApiId=api.id, stageName="absent", exportType="oas30"))[0] == "NotFoundException"
