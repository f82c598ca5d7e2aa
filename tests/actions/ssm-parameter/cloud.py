"""What `ssm/parameter` meets."""

import boto3


def canaries(canary):
    ssm = boto3.client("ssm")
    described = {"Type": "String", "Description": canary["parameterdescription"]}
    ssm.put_parameter(Name="/canary/parameter", Value=canary["oldparameter"], **described)
    ssm.put_parameter(Name="/canary/new-parameter", Value=canary["newparameter"], Type="String")


def matrix(_platform):
    boto3.client("ssm").put_parameter(
        Name="/fault-matrix/bucket", Value="content", Type="String", Description="where content is", AllowedPattern="^[a-z-]+$"
    )
