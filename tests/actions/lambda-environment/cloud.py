"""What `lambda/environment` meets."""

import boto3
import holder


def canaries(canary):
    holder.functions(canary)
    boto3.client("ssm").put_parameter(Name="/canary/variable", Value=canary["newvariable"], Type="String")
