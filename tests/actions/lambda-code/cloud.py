"""What `lambda/code` meets."""

import boto3
import holder


def canaries(canary):
    holder.functions(canary)
    s3, bucket = boto3.client("s3"), holder.bucket()
    s3.put_object(Bucket=bucket, Key="package.zip", Body=holder.package(canary["package"]))
    s3.put_object(Bucket=bucket, Key="no-package.zip", Body=canary["package"].encode())
