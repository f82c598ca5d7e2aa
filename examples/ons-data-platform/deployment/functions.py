"""The platform's Lambda functions, and the bucket with the packages that a rollback goes back to."""

import secrets
from dataclasses import dataclass, field

from deployment import names, packages, roles
from deployment.packages import Package
from deployment.session import Account

RUNTIME = "python3.11"


@dataclass(frozen=True)
class Function:
    name: str
    package: Package
    environment: dict[str, str] = field(default_factory=dict)
    signs_answers: bool = False


def upload_rollback_packages(account: Account) -> None:
    ensure_bucket(account, names.PACKAGE_BUCKET)
    for key, package in packages.ROLLBACK.items():
        account.client("s3").put_object(Bucket=names.PACKAGE_BUCKET, Key=key, Body=package.build(), ContentType="application/zip")


def ensure_bucket(account: Account, name: str) -> None:
    s3 = account.client("s3")
    where = {} if account.region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": account.region}}
    try:
        s3.create_bucket(Bucket=name, **where)
    except s3.exceptions.BucketAlreadyOwnedByYou:
        pass
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})


def deploy(account: Account, instance: dict) -> None:
    """Creates or updates every function. `instance` is the InfluxDB instance, as `get_db_instance` describes it."""
    role = roles.function_role(account)
    for function in _functions(instance):
        _deploy_one(account, function, role)


def _functions(instance: dict) -> list[Function]:
    flags = {
        "FLAGS_APPLICATION": names.APPLICATION,
        "FLAGS_ENVIRONMENT": names.ENVIRONMENT,
        "FLAGS_PROFILE": names.FLAGS_PROFILE,
        "FLAGS_MAX_AGE_SECONDS": "2",
    }
    influxdb = {
        "USE_INFLUXDB": "true",
        "INFLUXDB_INSTANCE_NAME": names.INFLUXDB_INSTANCE,
        # A failed or new instance has no endpoint yet; its name tells an operator at least which one was meant.
        "INFLUXDB_ENDPOINT": instance.get("endpoint") or f"{names.INFLUXDB_INSTANCE}.invalid",
        "INFLUXDB_ORG": "ons",
        "INFLUXDB_BUCKET": "energy_data",
        "INFLUXDB_TOKEN_SECRET": names.INFLUXDB_TOKEN_SECRET,
    }
    timestream = {
        "TIMESTREAM_DATABASE_NAME": names.TIMESTREAM_DATABASE,
        **{f"{dataset.upper()}_TABLE_NAME": table for dataset, table in names.TABLES.items()},
    }
    common = {"LOG_LEVEL": "INFO"}
    queries = {**common, **flags}
    return [
        Function("influxdb_loader", packages.INFLUXDB_LOADER, {**common, **influxdb}),
        Function("timeseries_query_processor", packages.INFLUXDB_QUERY, {**queries, **influxdb}, signs_answers=True),
        Function("rag_query_processor", packages.INFLUXDB_RAG, {**queries, **influxdb, "MAX_SOURCES": "3"}, signs_answers=True),
        Function("timestream_loader", packages.TIMESTREAM_LOADER, {**common, **timestream}),
        Function("timestream_query_processor", packages.TIMESTREAM_QUERY, {**queries, **timestream}, signs_answers=True),
        Function("structured_data_processor", packages.STRUCTURED_DATA, {**common, "PROCESSED_BUCKET": names.PROCESSED_BUCKET}),
        Function(
            "lambda_router",
            packages.ROUTER,
            {**common, "TIMESERIES_FUNCTION": "timeseries_query_processor", "RAG_FUNCTION": "rag_query_processor"},
        ),
        Function(
            "platform_health",
            packages.HEALTH,
            {
                **common,
                **flags,
                "LOADER_FUNCTION": "influxdb_loader",
                "RAG_FUNCTION": "rag_query_processor",
                "INFLUXDB_QUERY_FUNCTION": "timeseries_query_processor",
                "TIMESTREAM_QUERY_FUNCTION": "timestream_query_processor",
            },
        ),
    ]


def _deploy_one(account: Account, function: Function, role: str) -> None:
    lambda_ = account.client("lambda")
    code = function.package.build()
    settings = {
        "FunctionName": function.name,
        "Role": role,
        "Runtime": RUNTIME,
        "Handler": "handler.handler",
        "Timeout": 20,
        "MemorySize": 256,
        "Environment": {"Variables": function.environment | ({"API_SIGNING_KEY": secrets.token_hex(24)} if function.signs_answers else {})},
    }
    try:
        lambda_.create_function(**settings, Code={"ZipFile": code})
    except lambda_.exceptions.ResourceConflictException:
        lambda_.update_function_code(FunctionName=function.name, ZipFile=code)
        lambda_.get_waiter("function_updated_v2").wait(FunctionName=function.name, WaiterConfig={"Delay": 1})
        lambda_.update_function_configuration(**settings)


def allow_invocation(account: Account, function: str, statement: str, principal: str, source_arn: str) -> None:
    lambda_ = account.client("lambda")
    # A new function is Pending for a moment, and its policy may be refused meanwhile.
    lambda_.get_waiter("function_updated_v2").wait(FunctionName=function, WaiterConfig={"Delay": 1})
    try:
        lambda_.add_permission(
            FunctionName=function, StatementId=statement, Action="lambda:InvokeFunction", Principal=principal, SourceArn=source_arn
        )
    except lambda_.exceptions.ResourceConflictException:
        pass
