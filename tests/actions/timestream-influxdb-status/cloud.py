"""What `timestream-influxdb/status` meets."""

import boto3
from holder import NAME, until


def canaries(canary):
    influxdb, ec2 = boto3.client("timestream-influxdb"), boto3.client("ec2")
    subnets = [subnet["SubnetId"] for subnet in ec2.describe_subnets()["Subnets"]][:2]
    groups = [group["GroupId"] for group in ec2.describe_security_groups()["SecurityGroups"]][:1]
    identifier = influxdb.create_db_instance(
        name=NAME,
        username="admin",
        password=canary["password"],
        organization="canary",
        bucket="canary",
        dbInstanceType="db.influx.medium",
        allocatedStorage=20,
        vpcSubnetIds=subnets,
        vpcSecurityGroupIds=groups,
    )["id"]
    # What comes about by itself is no difference that a run has made.
    until(lambda: influxdb.get_db_instance(identifier=identifier)["status"] == "AVAILABLE")
