"""What `apigateway/integration` meets."""

import boto3
import holder


def canaries(canary):
    holder.stage_variable(canary)
    holder.functions(canary)


def matrix(platform):
    """For the use beside another stage: one that serves another function than `prod`, as the draft has it."""
    if platform["use"] != "beside another stage":
        return
    gateway, api = boto3.client("apigateway"), platform["api"]
    serving = gateway.get_stage(restApiId=api, stageName="prod")["deploymentId"]
    gateway.create_stage(restApiId=api, stageName="beta", deploymentId=serving)
    [query] = [it["id"] for it in gateway.get_resources(restApiId=api, limit=500)["items"] if it["path"] == "/query"]
    at = {"restApiId": api, "resourceId": query, "httpMethod": "POST"}
    served = gateway.get_integration(**at)["uri"]
    other = served.replace(served.split(":function:")[1].split("/")[0].split(":")[0], "rag_query_processor")
    gateway.update_integration(**at, patchOperations=[{"op": "replace", "path": "/uri", "value": other}])
    gateway.create_deployment(restApiId=api, stageName="beta")
