"""AWS as the ordinary environment describes it (AWS_REGION, AWS_PROFILE, AWS_ENDPOINT_URL)."""

import functools
import os

import boto3


class Account:
    """Clients and ARNs of the account and region that the platform is deployed to."""

    def __init__(self):
        # botocore reads AWS_DEFAULT_REGION only; Lambda and the other SDKs know AWS_REGION.
        self._session = boto3.Session(region_name=os.environ.get("AWS_REGION"))
        self.region = self._session.region_name or "us-east-1"
        self.endpoint = os.environ.get("AWS_ENDPOINT_URL")

    @functools.cache
    def client(self, service: str):
        # Named in the call, an endpoint URL turns Timestream's endpoint discovery off; named in the environment only, it does not.
        return self._session.client(service, region_name=self.region, endpoint_url=self.endpoint)

    @functools.cached_property
    def id(self) -> str:
        return self.client("sts").get_caller_identity()["Account"]

    def arn(self, service: str, resource: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.id}:{resource}"

    def function_arn(self, name: str) -> str:
        return self.arn("lambda", f"function:{name}")

    def api_url(self, api: str, stage: str) -> str:
        """Where a stage answers, without a trailing slash."""
        if self.endpoint:
            return f"{self.endpoint.rstrip('/')}/restapis/{api}/{stage}/_user_request_"
        return f"https://{api}.execute-api.{self.region}.amazonaws.com/{stage}"
