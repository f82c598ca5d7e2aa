"""The platform's resources before and after, read from the cloud: what was to change, and what was nobody's business."""

import hashlib
import json
from dataclasses import dataclass

from demonstration import screen
from deployment import names
from deployment.session import Account

ROLLED_BACK = ("influxdb_loader", "timeseries_query_processor", "rag_query_processor")
SWITCHED_FLAGS = ("use_influxdb", "enable_flux_queries")
# Kinds that are parts of what they are named after.
_PARTS = {"code", "variables", "other variables", "USE_INFLUXDB", "steps", "throttle"}
SET_VARIABLES = {
    "TIMESTREAM_DATABASE_NAME",
    "GENERATION_TABLE_NAME",
    "CONSUMPTION_TABLE_NAME",
    "TRANSMISSION_TABLE_NAME",
    "USE_INFLUXDB",
}


@dataclass(frozen=True)
class Fact:
    """Something about a resource. `shown` never holds a secret; `moves` says whether the rollback is to change it."""

    shown: str
    moves: bool


# By kind and name: ("flag", "use_influxdb").
Snapshot = dict[tuple[str, str], Fact]


def take(account: Account, api: str) -> Snapshot:
    return _flags(account) | _stage(account, api) | _functions(account) | _pipeline(account)


def show(before: Snapshot, after: Snapshot) -> None:
    """What moved as a table, and the rest by name."""
    moved = [(*key, before[key].shown, "→", after[key].shown) for key in sorted(before) if key in after and before[key] != after[key]]
    screen.table([("", "", "before", "", "after"), *moved])
    same: dict[str, list[str]] = {}
    for kind, name in (key for key in before if before[key] == after.get(key)):
        same.setdefault(kind, []).append(name)
    screen.say("\n   As before:")
    for kind, called in same.items():
        screen.explain(f"{kind}: {', '.join(called)}")


def problems(before: Snapshot, after: Snapshot) -> list[str]:
    """What moved though it should not, and what did not though it should."""
    found = []
    for key in sorted(before.keys() | after.keys()):
        what = f"{key[0]} of {key[1]}" if key[0] in _PARTS else " ".join(key)
        one, other = before.get(key), after.get(key)
        if one is None or other is None:
            found.append(f"{what} {'is gone' if other is None else 'is new'}")
        elif one.moves == (one.shown == other.shown):
            found.append(f"{what} was to change and did not" if one.moves else f"{what} was to stay as it was and did not")
    return found


def _flags(account: Account) -> Snapshot:
    appconfig = account.client("appconfig")
    application = _id(appconfig.list_applications()["Items"], names.APPLICATION)
    environment = _id(appconfig.list_environments(ApplicationId=application)["Items"], names.ENVIRONMENT)
    profile = _id(appconfig.list_configuration_profiles(ApplicationId=application)["Items"], names.FLAGS_PROFILE)
    deployments = appconfig.list_deployments(ApplicationId=application, EnvironmentId=environment)["Items"]
    deployed = max(
        (item for item in deployments if item["State"] == "COMPLETE" and item["ConfigurationName"] == names.FLAGS_PROFILE),
        key=lambda item: item["DeploymentNumber"],
    )
    version = appconfig.get_hosted_configuration_version(
        ApplicationId=application, ConfigurationProfileId=profile, VersionNumber=int(deployed["ConfigurationVersion"])
    )
    content = json.loads(version["Content"].read())
    facts = {("flag", name): Fact(_flag(value), name in SWITCHED_FLAGS) for name, value in content["values"].items()}
    return facts | {("definition of flag", name): Fact(_digest(flag), False) for name, flag in content["flags"].items()}


def _flag(value: dict) -> str:
    attributes = {name: setting for name, setting in value.items() if name != "enabled"}
    on = "on" if value["enabled"] else "off"
    return f"{on} {json.dumps(attributes, sort_keys=True)}" if attributes else on


def _stage(account: Account, api: str) -> Snapshot:
    gateway = account.client("apigateway")
    settings = gateway.get_stage(restApiId=api, stageName=names.STAGE)["methodSettings"]["*/*"]
    # The export shows what the stage has deployed; the API's own resources may be ahead of it.
    export = gateway.get_export(
        restApiId=api, stageName=names.STAGE, exportType="oas30", parameters={"extensions": "integrations"}, accepts="application/json"
    )
    paths = json.loads(export["body"].read())["paths"]
    throttle = f"{settings['throttlingRateLimit']:g}/s, burst {settings['throttlingBurstLimit']}"
    return {
        ("throttle", f"stage {names.STAGE}"): Fact(throttle, False),
        ("integration", "POST /query"): Fact(_routed(paths["/query"]["post"]), True),
        ("integration", "GET /health"): Fact(_routed(paths["/health"]["get"]), False),
    }


def _routed(method: dict) -> str:
    return method["x-amazon-apigateway-integration"]["uri"].split(":function:", 1)[1].removesuffix("/invocations")


def _functions(account: Account) -> Snapshot:
    facts = {}
    for function in account.client("lambda").list_functions()["Functions"]:
        name = function["FunctionName"]
        # Those of backout itself run in the same account.
        if function["Runtime"].startswith("provided"):
            continue
        variables = function.get("Environment", {}).get("Variables", {})
        rolled_back = name in ROLLED_BACK
        facts["code", name] = Fact(function["CodeSha256"][:12], rolled_back)
        if rolled_back:
            facts["USE_INFLUXDB", name] = Fact(variables["USE_INFLUXDB"], True)
        others = {key: value for key, value in variables.items() if not (rolled_back and key in SET_VARIABLES)}
        facts["other variables" if rolled_back else "variables", name] = Fact(_digest(others), False)
    return facts


def _pipeline(account: Account) -> Snapshot:
    events = account.client("events")
    machine = account.arn("states", f"stateMachine:{names.STATE_MACHINE}")
    definition = json.loads(account.client("stepfunctions").describe_state_machine(stateMachineArn=machine)["definition"])
    facts = {
        ("rule", name): Fact(events.describe_rule(Name=name)["State"].lower(), name == names.TIMESTREAM_RULE)
        for name in (names.TIMESTREAM_RULE, names.S3_RULE)
    }
    return facts | {("steps", names.STATE_MACHINE): Fact(", ".join(definition["States"]), True)}


def _id(items: list[dict], name: str) -> str:
    return next(item["Id"] for item in items if item["Name"] == name)


def _digest(value: object) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:12]
