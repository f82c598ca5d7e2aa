"""What `timestream/query` meets."""

import os
import time

import boto3


def canaries(canary):
    # Named in the call, an endpoint URL turns endpoint discovery off; named in the environment only, it does not.
    write = boto3.client("timestream-write", endpoint_url=os.environ["AWS_ENDPOINT_URL"])
    write.create_database(DatabaseName="canary")
    write.create_table(DatabaseName="canary", TableName="records")
    record = {
        "Dimensions": [{"Name": "token", "Value": canary["row"]}],
        "MeasureName": "n",
        "MeasureValue": "1",
        "MeasureValueType": "BIGINT",
        "Time": str(int(time.time() * 1000)),
    }
    write.write_records(DatabaseName="canary", TableName="records", Records=[record])
