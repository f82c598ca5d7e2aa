"""The REST API: GET /health and POST /query, with the stage's throttle."""

from deployment import names
from deployment.functions import allow_invocation
from deployment.session import Account

RATE, BURST = "1000", "2000"


def deploy(account: Account) -> dict:
    """Creates the API, deploys it to its stage, and stores its id and URL where the plans look for it."""
    gateway = account.client("apigateway")
    found = [api for api in gateway.get_rest_apis(limit=500)["items"] if api["name"] == names.API]
    api = (found[0] if found else gateway.create_rest_api(name=names.API, endpointConfiguration={"types": ["REGIONAL"]}))["id"]
    _route(account, api, "GET", "health", "platform_health")
    _route(account, api, "POST", "query", "timeseries_query_processor")
    gateway.create_deployment(restApiId=api, stageName=names.STAGE, description="InfluxDB platform")
    gateway.update_stage(
        restApiId=api,
        stageName=names.STAGE,
        patchOperations=[
            {"op": "replace", "path": "/*/*/throttling/rateLimit", "value": RATE},
            {"op": "replace", "path": "/*/*/throttling/burstLimit", "value": BURST},
            {"op": "replace", "path": "/*/*/logging/loglevel", "value": "INFO"},
        ],
    )
    url = account.api_url(api, names.STAGE)
    for name, value in ((names.API_ID_PARAMETER, api), (names.API_URL_PARAMETER, url)):
        account.client("ssm").put_parameter(Name=name, Value=value, Type="String", Overwrite=True)
    return {"rest_api_id": api, "url": url}


def _route(account: Account, api: str, method: str, path: str, function: str) -> None:
    gateway = account.client("apigateway")
    resources = {resource["path"]: resource["id"] for resource in gateway.get_resources(restApiId=api, limit=500)["items"]}
    resource = resources.get(f"/{path}") or gateway.create_resource(restApiId=api, parentId=resources["/"], pathPart=path)["id"]
    place = {"restApiId": api, "resourceId": resource, "httpMethod": method}
    if f"/{path}" not in resources:
        gateway.put_method(**place, authorizationType="NONE")
    gateway.put_integration(
        **place,
        type="AWS_PROXY",
        integrationHttpMethod="POST",
        uri=f"arn:aws:apigateway:{account.region}:lambda:path/2015-03-31/functions/{account.function_arn(function)}/invocations",
    )
    source = account.arn("execute-api", f"{api}/*/{method}/{path}")
    allow_invocation(account, function, f"{names.API}-{path}", "apigateway.amazonaws.com", source)
