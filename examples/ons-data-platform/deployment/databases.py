"""Timestream with the data of the time before the migration, and the InfluxDB instance that replaced it."""

import json
import secrets
from datetime import datetime, timedelta, timezone

from deployment import names
from deployment.session import Account

# Figures of the size that Great Britain's grid has; the last number of each record is in megawatts.
SERIES = {
    "generation": (
        ("region", "energy_source"),
        "generation_mw",
        [("scotland", "wind", 5200), ("england", "wind", 7900), ("england", "gas", 9100), ("england", "nuclear", 4300), ("wales", "gas", 1700)],
    ),
    "consumption": (
        ("region", "sector"),
        "consumption_mw",
        [("england", "domestic", 11800), ("england", "industrial", 8700), ("scotland", "domestic", 1900), ("wales", "industrial", 1200)],
    ),
    "transmission": (("from_region", "to_region"), "flow_mw", [("scotland", "england", 3100), ("france", "england", 1500)]),
}

# Timestream's own data ends when the platform moved to InfluxDB; the backup is still being written.
MIGRATED_AGO = timedelta(hours=3)
BACKUP_LAG = timedelta(minutes=4)
HISTORY = timedelta(hours=2)
INTERVAL = timedelta(minutes=5)


def deploy_timestream(account: Account) -> None:
    now = datetime.now(timezone.utc)
    _fill(account, names.TIMESTREAM_DATABASE, now - MIGRATED_AGO)
    _fill(account, names.TIMESTREAM_BACKUP_DATABASE, now - BACKUP_LAG)


def _fill(account: Account, database: str, until: datetime) -> None:
    write = account.client("timestream-write")
    _unless_there(write, write.create_database, DatabaseName=database)
    for dataset, table in names.TABLES.items():
        _unless_there(
            write,
            write.create_table,
            DatabaseName=database,
            TableName=table,
            RetentionProperties={"MemoryStoreRetentionPeriodInHours": 24, "MagneticStoreRetentionPeriodInDays": 365},
        )
        records = _records(dataset, until)
        for start in range(0, len(records), 100):
            write.write_records(DatabaseName=database, TableName=table, Records=records[start : start + 100])


def _records(dataset: str, until: datetime) -> list[dict]:
    dimensions, measure, series = SERIES[dataset]
    times = [until - step * INTERVAL for step in range(int(HISTORY / INTERVAL))]
    return [
        {
            "Dimensions": [{"Name": name, "Value": value} for name, value in zip(dimensions, values)],
            "MeasureName": dataset,
            "MeasureValueType": "MULTI",
            "MeasureValues": [{"Name": measure, "Value": str(float(megawatts)), "Type": "DOUBLE"}],
            "Time": str(int(at.timestamp() * 1000)),
            "TimeUnit": "MILLISECONDS",
        }
        for at in times
        for *values, megawatts in series
    ]


def _unless_there(client, create, **arguments) -> None:
    try:
        create(**arguments)
    except client.exceptions.ConflictException:
        pass


def deploy_influxdb(account: Account) -> dict:
    """The instance (as `get_db_instance` answers), and the secret with the token that the functions use."""
    influxdb = account.client("timestream-influxdb")
    instances = influxdb.list_db_instances()["items"]
    found = next((item for item in instances if item["name"] == names.INFLUXDB_INSTANCE), None)
    if found is None:
        found = influxdb.create_db_instance(
            name=names.INFLUXDB_INSTANCE,
            username="admin",
            password=secrets.token_urlsafe(24),
            organization="ons",
            bucket="energy_data",
            dbInstanceType="db.influx.large",
            allocatedStorage=100,
            publiclyAccessible=False,
            **_network(account),
        )
        _store_token(account)
    return influxdb.get_db_instance(identifier=found["id"])


def _network(account: Account) -> dict:
    ec2 = account.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]["VpcId"]
    inside = [{"Name": "vpc-id", "Values": [vpc]}]
    return {
        "vpcSubnetIds": [subnet["SubnetId"] for subnet in ec2.describe_subnets(Filters=inside)["Subnets"]][:3],
        "vpcSecurityGroupIds": [
            group["GroupId"] for group in ec2.describe_security_groups(Filters=inside)["SecurityGroups"] if group["GroupName"] == "default"
        ],
    }


def _store_token(account: Account) -> None:
    manager = account.client("secretsmanager")
    value = json.dumps({"token": secrets.token_urlsafe(48)})
    try:
        manager.create_secret(Name=names.INFLUXDB_TOKEN_SECRET, SecretString=value)
    except manager.exceptions.ResourceExistsException:
        manager.put_secret_value(SecretId=names.INFLUXDB_TOKEN_SECRET, SecretString=value)
