"""A snapshot shows every change of state, and a change that is taken back leaves no trace in it."""

import contextlib
import json
import time
import urllib.error
import urllib.parse
import urllib.request

import pytest
from botocore.exceptions import ClientError

from localcloud.tests.support import TRUST, eventually, invoke, python_function, role, settled, zip_of

REGION_AND_ACCOUNT = "us-east-1:123456789012"
PATTERN = '{"source": ["shop"]}'


@pytest.fixture
def snapshot(cloud):
    def take(*leave_out):
        query = urllib.parse.urlencode({"except": ",".join(leave_out)}) if leave_out else ""
        with urllib.request.urlopen(f"{cloud.endpoint}/_localcloud/snapshot?{query}") as answer:
            return json.load(answer)

    return take


def changed(before, after):
    """`service/resource` of all that differs."""
    return {
        f"{service}/{name}"
        for service in before
        for name in before[service].keys() | after[service].keys()
        if before[service].get(name) != after[service].get(name)
    }


# Each case creates something, and yields a function that changes it, one that takes the change back, and the resources
# that have changed in between.


def case_lambda_configuration(client):
    python_function(client, "f", "def handler(e, c): return 1", Environment={"Variables": {"N1": "1"}})

    def set_to(value):
        client("lambda").update_function_configuration(FunctionName="f", Environment={"Variables": {"N1": value}})
        settled(client, "f")

    return lambda: set_to("2"), lambda: set_to("1"), {"lambda/f"}


def case_lambda_code(client):
    def set_to(code):
        client("lambda").update_function_code(FunctionName="f", ZipFile=zip_of({"app.py": code}), Publish=True)

    python_function(client, "f", "one")
    return lambda: set_to("two"), lambda: set_to("one"), {"lambda/f"}


def case_lambda_alias(client):
    functions = client("lambda")
    python_function(client, "f", "one")
    functions.publish_version(FunctionName="f")
    functions.update_function_code(FunctionName="f", ZipFile=zip_of({"app.py": "two"}))
    settled(client, "f")
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")

    def point(version):
        functions.update_alias(FunctionName="f", Name="live", FunctionVersion=version)

    return lambda: point("2"), lambda: point("1"), {"lambda/f"}


def case_lambda_policy(client):
    functions = client("lambda")
    python_function(client, "f", "one")
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    of_alias = {"FunctionName": "f", "Qualifier": "live", "StatementId": "s"}

    def add():
        functions.add_permission(**of_alias, Action="lambda:InvokeFunction", Principal="sns.amazonaws.com")

    return add, lambda: functions.remove_permission(**of_alias), {"lambda/f"}


def case_lambda_concurrency(client):
    functions = client("lambda")
    python_function(client, "f", "one")
    return (
        lambda: functions.put_function_concurrency(FunctionName="f", ReservedConcurrentExecutions=0),
        lambda: functions.delete_function_concurrency(FunctionName="f"),
        {"lambda/f"},
    )


def case_lambda_event_source(client):
    functions, sqs = client("lambda"), client("sqs")
    python_function(client, "f", "one")
    sqs.create_queue(QueueName="q")
    arn = f"arn:aws:sqs:{REGION_AND_ACCOUNT}:q"
    identifier = functions.create_event_source_mapping(FunctionName="f", EventSourceArn=arn)["UUID"]

    def enable(enabled):
        functions.update_event_source_mapping(UUID=identifier, Enabled=enabled)

    return lambda: enable(False), lambda: enable(True), {"lambda/f"}


def case_lambda_event_invoke_config(client):
    functions = client("lambda")
    python_function(client, "f", "one")
    return (
        lambda: functions.put_function_event_invoke_config(FunctionName="f", MaximumRetryAttempts=0),
        lambda: functions.delete_function_event_invoke_config(FunctionName="f"),
        {"lambda/f"},
    )


def rest_api(client):
    """An API with one integration and the stage `prod`; its id, its resource, and what redeploys it."""
    api = client("apigateway")
    identifier = api.create_rest_api(name="api")["id"]
    (root,) = api.get_resources(restApiId=identifier)["items"]
    where = {"restApiId": identifier, "resourceId": root["id"], "httpMethod": "GET"}
    api.put_method(**where, authorizationType="NONE")
    api.put_integration(**where, type="HTTP", integrationHttpMethod="GET", uri="http://one.example")
    api.create_deployment(restApiId=identifier, stageName="prod")
    return identifier, where


def point(client, where, uri):
    change = {"op": "replace", "path": "/uri", "value": uri}
    client("apigateway").update_integration(**where, patchOperations=[change])


def case_apigateway_integration(client):
    identifier, where = rest_api(client)
    return (
        lambda: point(client, where, "http://two.example"),
        lambda: point(client, where, "http://one.example"),
        {f"apigateway/{identifier}"},
    )


def case_apigateway_deployment(client):
    identifier, where = rest_api(client)

    def deploy(uri):
        point(client, where, uri)
        client("apigateway").create_deployment(restApiId=identifier, stageName="prod")

    return lambda: deploy("http://two.example"), lambda: deploy("http://one.example"), {f"apigateway/{identifier}"}


def case_apigateway_stage(client):
    identifier, _ = rest_api(client)

    def patch(op, path, **value):
        change = [{"op": op, "path": path, **value}]
        client("apigateway").update_stage(restApiId=identifier, stageName="prod", patchOperations=change)

    def throttle():
        patch("replace", "/*/*/throttling/rateLimit", value="1")

    return throttle, lambda: patch("remove", "/*/*"), {f"apigateway/{identifier}"}


def case_appconfig(client):
    config = client("appconfig")
    application = config.create_application(Name="app")["Id"]
    environment = config.create_environment(ApplicationId=application, Name="prod")["Id"]
    profile = config.create_configuration_profile(
        ApplicationId=application, Name="flags", LocationUri="hosted", Type="AWS.AppConfig.FeatureFlags"
    )["Id"]
    strategy = config.create_deployment_strategy(
        Name="now", DeploymentDurationInMinutes=0, GrowthFactor=100, FinalBakeTimeInMinutes=0, ReplicateTo="NONE"
    )["Id"]
    stamp = iter("123456789")

    def deploy(enabled):
        value = {"enabled": enabled, "_updatedAt": next(stamp)}
        content = {"version": "1", "flags": {"new": {"name": "new"}}, "values": {"new": value}}
        version = config.create_hosted_configuration_version(
            ApplicationId=application,
            ConfigurationProfileId=profile,
            Content=json.dumps(content),
            ContentType="application/json",
        )["VersionNumber"]
        config.start_deployment(
            ApplicationId=application,
            EnvironmentId=environment,
            DeploymentStrategyId=strategy,
            ConfigurationProfileId=profile,
            ConfigurationVersion=str(version),
        )

    deploy(True)
    return lambda: deploy(False), lambda: deploy(True), {f"appconfig/{application}"}


def case_appconfig_monitors(client):
    config = client("appconfig")
    application = config.create_application(Name="app")["Id"]
    where = {
        "ApplicationId": application,
        "EnvironmentId": config.create_environment(ApplicationId=application, Name="prod")["Id"],
    }
    monitor = {"AlarmArn": f"arn:aws:cloudwatch:{REGION_AND_ACCOUNT}:alarm:a"}
    return (
        lambda: config.update_environment(**where, Monitors=[monitor]),
        lambda: config.update_environment(**where, Monitors=[]),
        {f"appconfig/{application}"},
    )


def case_events_state(client):
    events = client("events")
    events.put_rule(Name="r", EventPattern=PATTERN)
    return lambda: events.disable_rule(Name="r"), lambda: events.enable_rule(Name="r"), {"events/default/r"}


def case_events_targets(client):
    events = client("events")
    events.create_event_bus(Name="bus")
    events.put_rule(Name="r", EventPattern=PATTERN, EventBusName="bus")
    target = {"Id": "t", "Arn": f"arn:aws:sqs:{REGION_AND_ACCOUNT}:q"}
    return (
        lambda: events.put_targets(Rule="r", EventBusName="bus", Targets=[target]),
        lambda: events.remove_targets(Rule="r", EventBusName="bus", Ids=["t"]),
        {"events/bus/r"},
    )


def case_ssm(client):
    def put(value, kind="String"):
        client("ssm").put_parameter(Name="/shop/p", Value=value, Type=kind, Overwrite=True)

    put("1")
    return lambda: put("2"), lambda: put("1"), {"ssm//shop/p"}


def case_ssm_secret(client):
    def put(value):
        client("ssm").put_parameter(Name="/shop/secret", Value=value, Type="SecureString", Overwrite=True)

    put("hush")
    return lambda: put("hush hush"), lambda: put("hush"), {"ssm//shop/secret"}


def case_stepfunctions(client):
    states = client("stepfunctions")
    first = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    # The same machine in other words.
    again = json.dumps(json.loads(first), indent=2)
    second = json.dumps({"StartAt": "B", "States": {"B": {"Type": "Pass", "End": True}}})
    machine = states.create_state_machine(name="m", definition=first, roleArn=role(client))["stateMachineArn"]

    def update(definition):
        states.update_state_machine(stateMachineArn=machine, definition=definition)

    return lambda: update(second), lambda: update(again), {"stepfunctions/m"}


def case_s3_object(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")
    return (
        lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"2"),
        lambda: s3.put_object(Bucket="bucket", Key="k", Body=b"1"),
        {"s3/bucket/k"},
    )


def case_s3_deleted_object(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    s3.put_bucket_versioning(Bucket="bucket", VersioningConfiguration={"Status": "Enabled"})
    s3.put_object(Bucket="bucket", Key="k", Body=b"1")
    marker = []

    def delete():
        marker.append(s3.delete_object(Bucket="bucket", Key="k")["VersionId"])

    return delete, lambda: s3.delete_object(Bucket="bucket", Key="k", VersionId=marker[0]), {"s3/bucket/k"}


def case_s3_bucket(client):
    s3 = client("s3")
    s3.create_bucket(Bucket="bucket")
    policy = {"Statement": [{"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}]}
    return (
        lambda: s3.put_bucket_policy(Bucket="bucket", Policy=json.dumps(policy)),
        lambda: s3.delete_bucket_policy(Bucket="bucket"),
        {"s3/bucket"},
    )


def table(client):
    client("dynamodb").create_table(
        TableName="t",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )


def case_dynamodb_item(client):
    dynamodb = client("dynamodb")
    table(client)

    def put(n):
        nested = {"L": [{"M": {"n": {"N": n}, "SS": {"S": "no set"}}}, {"SS": ["b", "a"]}, {"B": b"bytes"}]}
        dynamodb.put_item(TableName="t", Item={"pk": {"S": "p"}, "sk": {"S": "s"}, "nested": nested})

    put("1")
    return lambda: put("2"), lambda: put("1"), {"dynamodb/t/p/s"}


def case_dynamodb_table(client):
    dynamodb = client("dynamodb")
    table(client)

    def expire(enabled):
        with contextlib.suppress(ClientError):
            specification = {"Enabled": enabled, "AttributeName": "expires"}
            dynamodb.update_time_to_live(TableName="t", TimeToLiveSpecification=specification)

    expire(True)
    return lambda: expire(False), lambda: expire(True), {"dynamodb/t"}


def case_sns(client):
    sns = client("sns")
    topic = sns.create_topic(Name="t")["TopicArn"]
    endpoint = f"arn:aws:sqs:{REGION_AND_ACCOUNT}:q"
    subscribed = []

    def subscribe():
        answer = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=endpoint, ReturnSubscriptionArn=True)
        subscribed.append(answer["SubscriptionArn"])

    subscribe()
    # Subscribed again it has another id.
    return lambda: sns.unsubscribe(SubscriptionArn=subscribed[-1]), subscribe, {"sns/t"}


def case_sqs(client):
    sqs = client("sqs")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]

    def set_to(seconds):
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"VisibilityTimeout": seconds})

    set_to("30")
    return lambda: set_to("31"), lambda: set_to("30"), {"sqs/q"}


def alarm(client, **options):
    client("cloudwatch").put_metric_alarm(
        AlarmName="a",
        Namespace="n",
        MetricName="m",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
        **options,
    )


def case_cloudwatch_actions(client):
    alarm(client)
    cloudwatch = client("cloudwatch")
    return (
        lambda: cloudwatch.disable_alarm_actions(AlarmNames=["a"]),
        lambda: cloudwatch.enable_alarm_actions(AlarmNames=["a"]),
        {"cloudwatch/a"},
    )


def case_cloudwatch_state(client):
    alarm(client)

    def set_to(value, reason):
        client("cloudwatch").set_alarm_state(AlarmName="a", StateValue=value, StateReason=reason)

    set_to("OK", "at first")
    return lambda: set_to("ALARM", "broken"), lambda: set_to("OK", "mended"), {"cloudwatch/a"}


def case_iam(client):
    iam = client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument=TRUST)
    document = '{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
    return (
        lambda: iam.put_role_policy(RoleName="r", PolicyName="p", PolicyDocument=document),
        lambda: iam.delete_role_policy(RoleName="r", PolicyName="p"),
        {"iam/role/r"},
    )


def case_kms(client):
    kms = client("kms")
    key = kms.create_key()["KeyMetadata"]["KeyId"]
    return lambda: kms.disable_key(KeyId=key), lambda: kms.enable_key(KeyId=key), {f"kms/{key}"}


def case_logs(client):
    logs = client("logs")
    logs.create_log_group(logGroupName="/g")
    return (
        lambda: logs.put_retention_policy(logGroupName="/g", retentionInDays=7),
        lambda: logs.delete_retention_policy(logGroupName="/g"),
        {"logs//g"},
    )


def case_logs_filter(client):
    logs = client("logs")
    logs.create_log_group(logGroupName="/g")
    where = {"logGroupName": "/g", "filterName": "f"}
    metric = {"metricName": "m", "metricNamespace": "n", "metricValue": "1"}
    return (
        lambda: logs.put_metric_filter(**where, filterPattern="ERROR", metricTransformations=[metric]),
        lambda: logs.delete_metric_filter(**where),
        {"logs//g"},
    )


def case_timestream(client):
    timestream = client("timestream-write")
    timestream.create_database(DatabaseName="d")
    timestream.create_table(DatabaseName="d", TableName="t")

    def keep(hours):
        retention = {"MemoryStoreRetentionPeriodInHours": hours, "MagneticStoreRetentionPeriodInDays": 7}
        timestream.update_table(DatabaseName="d", TableName="t", RetentionProperties=retention)

    keep(6)
    return lambda: keep(7), lambda: keep(6), {"timestream/d/t"}


CASES = {name.removeprefix("case_"): case for name, case in list(globals().items()) if name.startswith("case_")}


@pytest.mark.parametrize("case", CASES.values(), ids=CASES.keys())
def test_a_change_is_seen_where_it_is_and_undoing_it_leaves_nothing(client, snapshot, case):
    change, undo, resources = case(client)
    before = snapshot()
    change()
    assert changed(before, snapshot()) == resources
    undo()
    after = snapshot()
    assert changed(before, after) == set()
    assert after == before


def test_a_status_of_an_instance_is_seen(client, cloud, snapshot):
    created = client("timestream-influxdb").create_db_instance(
        name="influx",
        password="not to be seen",
        dbInstanceType="db.influx.medium",
        vpcSubnetIds=["subnet-1"],
        vpcSecurityGroupIds=["sg-1"],
        allocatedStorage=20,
    )
    resource = f"timestream-influxdb/{created['id']}"
    creating = snapshot()
    assert "not to be seen" not in json.dumps(creating)
    eventually(lambda: changed(creating, snapshot()) == {resource})
    assert snapshot()["timestream-influxdb"][created["id"]]["status"] == "AVAILABLE"


def test_what_is_deployed_and_what_is_being_worked_on_are_apart(client, snapshot):
    identifier, where = rest_api(client)
    point(client, where, "http://two.example")
    api = snapshot()["apigateway"][identifier]
    assert api["resources"]["/"]["GET"]["methodIntegration"]["uri"] == "http://two.example"
    assert api["stages"]["prod"]["live"]["/"]["GET"]["methodIntegration"]["uri"] == "http://one.example"


def test_work_that_changes_no_state_is_not_seen(client, snapshot):
    python_function(client, "f", "def handler(e, c): return 1")
    sqs, sns, states = client("sqs"), client("sns"), client("stepfunctions")
    url = sqs.create_queue(QueueName="q")["QueueUrl"]
    topic = sns.create_topic(Name="t")["TopicArn"]
    definition = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "End": True}}})
    machine = states.create_state_machine(name="m", definition=definition, roleArn=role(client))["stateMachineArn"]
    invoke(client, "f")  # which makes the log group
    before = snapshot()
    invoke(client, "f")
    sqs.send_message(QueueUrl=url, MessageBody="m")
    sqs.receive_message(QueueUrl=url)
    sns.publish(TopicArn=topic, Message="m")
    states.start_execution(stateMachineArn=machine)
    client("lambda").publish_version(FunctionName="f")
    assert snapshot() == before


def test_secrets_are_not_in_it(client, snapshot):
    client("ssm").put_parameter(Name="/shop/secret", Value="not to be seen", Type="SecureString")
    assert "not to be seen" not in json.dumps(snapshot())


def test_services_and_resources_can_be_left_out(client, snapshot):
    for name in ("/backout/a", "/backout/b", "/shop/a"):
        client("ssm").put_parameter(Name=name, Value="v", Type="String")
    assert set(snapshot()["ssm"]) == {"/backout/a", "/backout/b", "/shop/a"}
    left = snapshot("ssm//backout", "iam")
    assert set(left["ssm"]) == {"/shop/a"}
    assert "iam" not in left
    with pytest.raises(urllib.error.HTTPError) as caught:
        snapshot("smm//backout")
    assert caught.value.code == 400


def test_another_region_has_resources_of_its_own(client, snapshot):
    for region in ("us-east-1", "eu-west-2"):
        client("ssm", region=region).put_parameter(Name="/shop/p", Value=region, Type="String")
    assert {name: value["value"] for name, value in snapshot()["ssm"].items()} == {
        "/shop/p": "us-east-1",
        "/shop/p@eu-west-2": "eu-west-2",
    }


def test_it_is_quick(client, snapshot):
    table(client)
    items = [{"pk": {"S": "p"}, "sk": {"S": str(n)}, "v": {"S": "x" * 100}} for n in range(200)]
    dynamodb = client("dynamodb")
    for first in range(0, 200, 25):
        requests = [{"PutRequest": {"Item": item}} for item in items[first : first + 25]]
        dynamodb.batch_write_item(RequestItems={"t": requests})
    snapshot()
    began = time.perf_counter()
    for _ in range(10):
        snapshot()
    # A tenth of that on an idle machine.
    assert time.perf_counter() - began < 5
