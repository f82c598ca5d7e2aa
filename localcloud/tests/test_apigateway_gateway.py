"""API Gateway's data plane: requests to a stage over HTTP."""

import json
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path
from urllib.error import HTTPError

import pytest
import yaml

from .test_apigateway import ACCOUNT, uri
from .test_lambda_revisions import ROLE_POLICY, package

PLANS = Path(__file__).parents[2] / "plans"
HANDLER = """
import json

def handler(event, context):
    wanted = json.loads(event["body"] or "{}") if event["httpMethod"] == "POST" else {}
    if wanted.get("raise"):
        raise ValueError("the database is gone")
    if wanted.get("malformed"):
        return "not a proxy response"
    if wanted.get("status"):
        return {"statusCode": wanted["status"], "body": "as wanted"}
    return {
        "statusCode": 200,
        "headers": {"X-Platform": "NAME"},
        "body": json.dumps({"by": "NAME", "event": event}),
    }
"""


@dataclass
class Platform:
    client: object
    endpoint: str
    id: str = ""

    def function(self, name):
        functions = self.client("lambda")
        functions.create_function(
            FunctionName=name,
            Runtime="python3.11",
            Role=self.role,
            Handler="app.handler",
            Code={"ZipFile": package(HANDLER.replace("NAME", name))},
            Timeout=20,
        )

    @property
    def role(self):
        return f"arn:aws:iam::{ACCOUNT}:role/r"

    def permit(self, name):
        self.client("lambda").add_permission(
            FunctionName=name,
            StatementId="gateway",
            Action="lambda:InvokeFunction",
            Principal="apigateway.amazonaws.com",
            SourceArn=f"arn:aws:execute-api:us-east-1:{ACCOUNT}:{self.id}/*/*/*",
        )

    def resource(self, part, parent=None):
        gateway = self.client("apigateway")
        parent = parent or gateway.get_resources(restApiId=self.id)["items"][0]["id"]
        return gateway.create_resource(restApiId=self.id, parentId=parent, pathPart=part)["id"]

    def method(self, resource, http_method, function, **more):
        gateway = self.client("apigateway")
        place = {"restApiId": self.id, "resourceId": resource, "httpMethod": http_method}
        gateway.put_method(**place, authorizationType="NONE", **more)
        gateway.put_integration(**place, type="AWS_PROXY", integrationHttpMethod="POST", uri=uri(function))
        return place

    def deploy(self):
        return self.client("apigateway").create_deployment(restApiId=self.id, stageName="prod")["id"]

    def patch(self, *operations):
        self.client("apigateway").update_stage(
            restApiId=self.id,
            stageName="prod",
            patchOperations=[{"op": "replace", "path": path, "value": value} for path, value in operations],
        )

    def send(self, method, path, body=None, headers=None, stage="prod"):
        url = f"{self.endpoint}/restapis/{self.id}/{stage}/_user_request_{path}"
        data = json.dumps(body).encode() if body is not None else None
        request = urllib.request.Request(url, data=data, method=method, headers=headers or {})
        try:
            with urllib.request.urlopen(request) as answer:
                return answer.status, json.loads(answer.read() or b"null"), answer.headers
        except HTTPError as refused:
            text = refused.read()
            try:
                return refused.code, json.loads(text), refused.headers
            except ValueError:
                return refused.code, text.decode(), refused.headers

    def logged(self, pattern=""):
        group = f"API-Gateway-Execution-Logs_{self.id}/prod"
        found = self.client("logs").filter_log_events(logGroupName=group, filterPattern=pattern)
        return [event["message"] for event in found["events"]]


@pytest.fixture
def platform(cloud, client):
    client("iam").create_role(RoleName="r", AssumeRolePolicyDocument=ROLE_POLICY)
    api = Platform(client, cloud.endpoint)
    api.id = client("apigateway").create_rest_api(name="platform")["id"]
    api.function("influx")
    api.permit("influx")
    query = api.resource("query")
    api.query = api.method(query, "POST", "influx")
    api.method(api.resource("{proxy+}", query), "ANY", "influx")
    api.deploy()
    return api


def test_a_request_reaches_the_function_as_a_proxy_event(platform):
    status, body, headers = platform.send("POST", "/query?a=1&a=2", {"q": "energy"}, {"X-Trace": "t"})
    assert (status, headers["X-Platform"]) == (200, "influx")
    event = body["event"]
    assert (event["resource"], event["path"], event["httpMethod"]) == ("/query", "/query", "POST")
    assert event["queryStringParameters"] == {"a": "2"}
    assert event["multiValueQueryStringParameters"] == {"a": ["1", "2"]}
    assert (event["body"], event["isBase64Encoded"], event["pathParameters"]) == ('{"q": "energy"}', False, None)
    assert event["headers"]["X-Trace"] == "t"
    assert (event["requestContext"]["stage"], event["requestContext"]["path"]) == ("prod", "/prod/query")


def test_a_greedy_parameter_takes_the_rest_of_the_path(platform):
    _, body, _ = platform.send("GET", "/query/by/year")
    assert body["event"]["pathParameters"] == {"proxy": "by/year"}


@pytest.mark.parametrize(
    "request_, status, message",
    [
        (("GET", "/nothing"), 403, "Missing Authentication Token"),
        (("DELETE", "/query"), 403, "Missing Authentication Token"),
    ],
)
def test_what_the_api_does_not_have_is_refused(platform, request_, status, message):
    got, body, _ = platform.send(*request_)
    assert (got, body) == (status, {"message": message})


def test_an_unknown_stage_is_forbidden(platform):
    assert platform.send("POST", "/query", stage="beta")[:2] == (403, {"message": "Forbidden"})


def test_requests_are_answered_from_the_deployment_and_not_from_the_edit(platform):
    platform.function("timestream")
    platform.permit("timestream")
    platform.client("apigateway").update_integration(
        **platform.query, patchOperations=[{"op": "replace", "path": "/uri", "value": uri("timestream")}]
    )
    assert platform.send("POST", "/query")[1]["by"] == "influx"
    platform.deploy()
    assert platform.send("POST", "/query")[1]["by"] == "timestream"


def test_without_permission_the_function_is_not_invoked(platform):
    platform.patch(("/*/*/logging/loglevel", "INFO"))
    platform.client("lambda").remove_permission(FunctionName="influx", StatementId="gateway")
    status, body, _ = platform.send("POST", "/query")
    assert (status, body) == (500, {"message": "Internal server error"})
    assert "Invalid permissions on Lambda function" in "".join(platform.logged('"Execution failed"'))


@pytest.mark.parametrize(
    "body, status, message, lines",
    [
        (
            {"raise": True},
            502,
            {"message": "Internal server error"},
            ["Lambda execution failed with status 200 due to customer function error: the database is gone"],
        ),
        (
            {"malformed": True},
            502,
            {"message": "Internal server error"},
            ["Execution failed due to configuration error: Malformed Lambda proxy response"],
        ),
        ({"status": 503}, 503, "as wanted", []),
    ],
)
def test_a_failure_is_answered_and_logged_in_the_words_of_aws(platform, body, status, message, lines):
    platform.patch(("/*/*/logging/loglevel", "INFO"))
    answered, told, headers = platform.send("POST", "/query", body)
    assert (answered, told) == (status, message)
    request = headers["x-amzn-RequestId"]
    assert platform.logged() == [
        f"({request}) {line}"
        for line in [
            f"Starting execution for request: {request}",
            "HTTP Method: POST, Resource Path: /query",
            *lines,
            f"Method completed with status: {status}",
        ]
    ]
    assert platform.logged("ERROR") == []


def test_a_throttled_function_is_told_in_two_lines(platform):
    platform.patch(("/*/*/logging/loglevel", "INFO"))
    platform.client("lambda").put_function_concurrency(FunctionName="influx", ReservedConcurrentExecutions=0)
    assert platform.send("POST", "/query")[0] == 500
    assert [line.partition(") ")[2] for line in platform.logged()][2:] == [
        "Lambda invocation failed with status: 429.",
        "Execution failed due to configuration error: Rate Exceeded.",
        "Method completed with status: 500",
    ]


def test_the_guard_of_the_shipped_plan_counts_failed_requests_once(platform):
    plan = yaml.safe_load((PLANS / "influxdb-to-timestream.yaml").read_text())
    [guard] = next(stage for stage in plan["stages"] if "ramp" in stage)["ramp"]["guard"]
    platform.patch(("/*/*/logging/loglevel", "INFO"))
    for body in [{}, {"status": 404}, {"raise": True}, {"status": 500}, {"status": 503}, {"status": 504}]:
        platform.send("POST", "/query", body)
    ends = [line.rpartition(" ")[2] for line in platform.logged(guard["with"]["pattern"])]
    assert sorted(ends) == ["500", "502", "503", "504"]
    assert len(platform.logged(guard["with"]["traffic_pattern"])) == 6


def test_the_logging_level_decides_what_is_logged(platform):
    assert platform.send("POST", "/query")[0] == 200
    groups = platform.client("logs").describe_log_groups(logGroupNamePrefix="API-Gateway-Execution-Logs_")
    assert groups["logGroups"] == []
    platform.patch(("/*/*/logging/loglevel", "INFO"))
    platform.send("POST", "/query")
    assert [line for line in platform.logged() if line.endswith("Method completed with status: 200")]
    before = len(platform.logged())
    platform.patch(("/*/*/logging/loglevel", "ERROR"))
    platform.send("POST", "/query")
    assert len(platform.logged()) == before
    platform.send("POST", "/query", {"raise": True})
    assert [line.partition(") ")[2] for line in platform.logged()][before:] == [
        "Lambda execution failed with status 200 due to customer function error: the database is gone",
        "Method completed with status: 502",
    ]


def test_a_throttle_admits_its_burst_and_no_more(platform):
    platform.patch(("/*/*/throttling/rateLimit", "0.0001"), ("/*/*/throttling/burstLimit", "2"))
    answers = [platform.send("POST", "/query") for _ in range(4)]
    assert [answer[0] for answer in answers] == [200, 200, 429, 429]
    assert answers[-1][1] == {"message": "Too Many Requests"}
    # Each method has its own bucket; a setting of its own wins.
    assert platform.send("GET", "/query/a")[0] == 200
    platform.patch(("/~1query/POST/throttling/rateLimit", "1000"), ("/~1query/POST/throttling/burstLimit", "1000"))
    assert platform.send("POST", "/query")[0] == 200


def test_a_methods_throttle_of_minus_one_is_that_of_the_stage(platform):
    platform.patch(("/~1query/POST/throttling/rateLimit", "-1"), ("/~1query/POST/throttling/burstLimit", "-1"))
    assert [platform.send("POST", "/query")[0] for _ in range(3)] == [200] * 3
    platform.patch(("/*/*/throttling/rateLimit", "0.0001"), ("/*/*/throttling/burstLimit", "1"))
    assert [platform.send("POST", "/query")[0] for _ in range(2)] == [200, 429]
    # One of the two inherited, one of its own.
    platform.patch(("/~1query/POST/throttling/burstLimit", "0"), ("/*/*/throttling/burstLimit", "100"))
    assert platform.send("POST", "/query")[0] == 429


def test_requests_run_side_by_side(platform):
    statuses = []
    threads = [
        threading.Thread(target=lambda: statuses.append(platform.send("POST", "/query")[0])) for _ in range(12)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert statuses == [200] * 12


def test_a_method_that_needs_a_key_is_refused_without_one(platform):
    gateway = platform.client("apigateway")
    platform.method(platform.resource("private"), "GET", "influx", apiKeyRequired=True)
    platform.deploy()
    key = gateway.create_api_key(name="k", enabled=True)
    plan = gateway.create_usage_plan(name="p", apiStages=[{"apiId": platform.id, "stage": "prod"}])
    gateway.create_usage_plan_key(usagePlanId=plan["id"], keyId=key["id"], keyType="API_KEY")
    value = gateway.get_api_key(apiKey=key["id"], includeValue=True)["value"]
    assert platform.send("GET", "/private")[:2] == (403, {"message": "Forbidden"})
    assert platform.send("GET", "/private", headers={"x-api-key": "wrong"})[0] == 403
    assert platform.send("GET", "/private", headers={"x-api-key": value})[0] == 200
