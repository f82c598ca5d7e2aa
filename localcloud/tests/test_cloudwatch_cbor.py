"""CloudWatch over CBOR: requests and answers by botocore's own serializer and parser of that protocol."""

import urllib.error
import urllib.request

import pytest
from botocore.parsers import create_parser
from botocore.serialize import create_serializer

ALARM = {
    "AlarmName": "influxdb-gone",
    "Namespace": "platform",
    "MetricName": "up",
    "Statistic": "Sum",
    "Period": 60,
    "EvaluationPeriods": 30,
    "Threshold": 1.5,
    "ComparisonOperator": "LessThanThreshold",
    "TreatMissingData": "breaching",
    "Tags": [{"Key": "a", "Value": "ação"}],
}


@pytest.fixture
def call(cloud, client):
    """`call("DescribeAlarms", AlarmNames=[…])` gives the parsed answer, errors included."""
    service = client("cloudwatch").meta.service_model

    def make(operation, **params):
        model = service.operation_model(operation)
        sent = create_serializer("smithy-rpc-v2-cbor", include_validation=False).serialize_to_request(params, model)
        scope = "AKIDEXAMPLE/20261120/us-east-1/monitoring/aws4_request"
        sent["headers"]["Authorization"] = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        url = cloud.endpoint + sent["url_path"]
        request = urllib.request.Request(url, data=sent["body"], headers=sent["headers"], method=sent["method"])
        try:
            answer = urllib.request.urlopen(request)
        except urllib.error.HTTPError as refused:
            answer = refused
        assert answer.headers["smithy-protocol"] == "rpc-v2-cbor"
        read = {"body": answer.read(), "headers": answer.headers, "status_code": answer.status}
        return create_parser("smithy-rpc-v2-cbor").parse(read, model.output_shape)

    return make


def test_both_protocols_show_the_same_alarm(call, client):
    call("PutMetricAlarm", **ALARM)
    call("SetAlarmState", AlarmName="influxdb-gone", StateValue="ALARM", StateReason="no data")
    by_cbor = call("DescribeAlarms", AlarmNames=["influxdb-gone"], AlarmTypes=["MetricAlarm", "CompositeAlarm"])
    by_json = client("cloudwatch").describe_alarms(AlarmNames=["influxdb-gone"])
    [alarm] = by_cbor["MetricAlarms"]
    assert [alarm] == by_json["MetricAlarms"]
    assert (alarm["StateValue"], alarm["Threshold"], alarm["Period"]) == ("ALARM", 1.5, 60)
    assert alarm["StateTransitionedTimestamp"].tzinfo is not None


def test_an_error_has_its_code_and_status(call):
    answer = call("SetAlarmState", AlarmName="no-such-alarm", StateValue="ALARM", StateReason="x")
    assert answer["ResponseMetadata"]["HTTPStatusCode"] in (400, 404)
    assert "NotFound" in answer["Error"]["Code"]


def test_parameters_are_checked_against_the_model(call):
    answer = call("DescribeAlarms", AlarmNames=["ok"], MaxRecords=0)
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 400
    assert answer["Error"]["Code"] == "ValidationError"


def test_the_call_is_logged_once_and_as_its_caller(call, cloud):
    call("DescribeAlarms", AlarmNames=["x"])
    [logged] = cloud.calls.find(service="cloudwatch")
    assert (logged["operation"], logged["region"], logged["caller"]) == ("DescribeAlarms", "us-east-1", "other")
