"""What goes wrong: the InfluxDB instance fails. Only the local cloud can be told so; on AWS nobody can."""

import json
import urllib.request

from deployment.session import Account


def fail_influxdb(account: Account, instance_id: str) -> None:
    """Puts the instance into FAILED. Does nothing on AWS, where there is no endpoint to tell."""
    if not account.endpoint:
        return
    request = urllib.request.Request(
        f"{account.endpoint.rstrip('/')}/_localcloud/timestream-influxdb/{instance_id}/status",
        data=json.dumps({"status": "FAILED"}).encode(),
        headers={"Content-Type": "application/json"},
        method="POST",
    )
    urllib.request.urlopen(request, timeout=10).close()
