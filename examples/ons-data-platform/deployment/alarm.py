"""The alarm that starts the rollback."""

from deployment import names
from deployment.session import Account


def deploy(account: Account, topic: str | None) -> None:
    """Nothing was written to InfluxDB for 30 minutes: no data counts as breaching, because a dead platform writes no metric either.

    `topic` is the ARN of the SNS topic to tell; without one the alarm only shows its state.
    """
    account.client("cloudwatch").put_metric_alarm(
        AlarmName=names.ALARM,
        AlarmDescription="The ONS data platform has not written to InfluxDB for 30 minutes",
        Namespace="ONS/DataPlatform",
        MetricName="InfluxDBRecordsWritten",
        Dimensions=[{"Name": "Instance", "Value": names.INFLUXDB_INSTANCE}],
        Statistic="Sum",
        Period=300,
        EvaluationPeriods=6,
        DatapointsToAlarm=6,
        Threshold=1,
        ComparisonOperator="LessThanThreshold",
        TreatMissingData="breaching",
        ActionsEnabled=True,
        AlarmActions=[topic] if topic else [],
    )
