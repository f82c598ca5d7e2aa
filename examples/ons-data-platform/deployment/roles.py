"""The IAM roles of the platform's functions and of its pipeline."""

import json

from deployment import names
from deployment.session import Account


def function_role(account: Account) -> str:
    """The ARN of the role that all functions of the platform share."""
    database = account.arn("timestream", "database/ons_energy_data*")
    return _role(
        account,
        names.FUNCTION_ROLE,
        "lambda.amazonaws.com",
        [
            _allow(["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"], [account.arn("logs", "*")]),
            _allow(["appconfig:StartConfigurationSession", "appconfig:GetLatestConfiguration"], [account.arn("appconfig", "application/*")]),
            _allow(["timestream:DescribeEndpoints", "timestream:SelectValues"], ["*"]),
            _allow(["timestream:Select", "timestream:DescribeTable", "timestream:WriteRecords"], [database, f"{database}/table/*"]),
            _allow(["timestream-influxdb:ListDbInstances", "timestream-influxdb:GetDbInstance"], ["*"]),
            _allow(["secretsmanager:GetSecretValue"], [account.arn("secretsmanager", f"secret:{names.INFLUXDB_TOKEN_SECRET}-*")]),
            _allow(["s3:GetObject"], [f"arn:aws:s3:::{names.RAW_BUCKET}/*"]),
            _allow(["s3:GetObject", "s3:PutObject"], [f"arn:aws:s3:::{names.PROCESSED_BUCKET}/*"]),
            _allow(["lambda:InvokeFunction"], [account.function_arn("*_query_processor"), account.function_arn("influxdb_loader")]),
            _allow(["apigateway:GET"], [f"arn:aws:apigateway:{account.region}::/restapis/*"]),
        ],
    )


def pipeline_role(account: Account) -> str:
    """The ARN of the role with which the pipeline's state machine runs, and with which its rule starts it."""
    return _role(
        account,
        names.PIPELINE_ROLE,
        ["states.amazonaws.com", "events.amazonaws.com"],
        [
            _allow(["lambda:InvokeFunction"], [account.function_arn("*_loader"), account.function_arn("structured_data_processor")]),
            _allow(["states:StartExecution"], [account.arn("states", f"stateMachine:{names.STATE_MACHINE}")]),
        ],
    )


def _allow(actions: list[str], resources: list[str]) -> dict:
    return {"Effect": "Allow", "Action": actions, "Resource": resources}


def _role(account: Account, name: str, service: str | list[str], statements: list[dict]) -> str:
    iam = account.client("iam")
    trust = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}]}
    try:
        arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps(trust))["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        arn = iam.get_role(RoleName=name)["Role"]["Arn"]
    policy = {"Version": "2012-10-17", "Statement": statements}
    iam.put_role_policy(RoleName=name, PolicyName="platform", PolicyDocument=json.dumps(policy))
    return arn
