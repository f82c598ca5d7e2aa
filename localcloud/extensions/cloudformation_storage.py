"""CloudFormation: AWS::S3::Bucket, AWS::DynamoDB::Table, AWS::KMS::Key with all that a template says of them.

moto drops a bucket's versioning, lifecycle and access block, a table's expiry, backups and encryption, and a key whose
policy is an object cannot be read. A property that is not known here is refused.
"""

from typing import Any

from ._cloudformation import ApiResource, only, without


def _as_it_is(value: Any) -> Any:
    return value


def _encryption(value: dict[str, Any]) -> dict[str, Any]:
    rules = [
        {
            "ApplyServerSideEncryptionByDefault" if key == "ServerSideEncryptionByDefault" else key: item
            for key, item in rule.items()
        }
        for rule in value["ServerSideEncryptionConfiguration"]
    ]
    return {"Rules": rules}


def _lifecycle(value: dict[str, Any]) -> dict[str, Any]:
    known = (
        "Id",
        "Status",
        "Prefix",
        "ExpirationInDays",
        "NoncurrentVersionExpiration",
        "AbortIncompleteMultipartUpload",
    )
    rules = []
    for rule in value["Rules"]:
        only(rule, *known)
        converted = without(rule, "Id", "Prefix", "ExpirationInDays")
        converted["Filter"] = {"Prefix": rule.get("Prefix", "")}
        if "Id" in rule:
            converted["ID"] = rule["Id"]
        if "ExpirationInDays" in rule:
            converted["Expiration"] = {"Days": rule["ExpirationInDays"]}
        rules.append(converted)
    return {"Rules": rules}


# Property: operation, its parameter, and how the property becomes the parameter.
_BUCKET_SETTINGS = {
    "VersioningConfiguration": ("put_bucket_versioning", "VersioningConfiguration", _as_it_is),
    "OwnershipControls": ("put_bucket_ownership_controls", "OwnershipControls", _as_it_is),
    "PublicAccessBlockConfiguration": (
        "put_public_access_block",
        "PublicAccessBlockConfiguration",
        _as_it_is,
    ),
    "BucketEncryption": ("put_bucket_encryption", "ServerSideEncryptionConfiguration", _encryption),
    "LifecycleConfiguration": ("put_bucket_lifecycle_configuration", "LifecycleConfiguration", _lifecycle),
}


class Bucket(ApiResource):
    type_name = "AWS::S3::Bucket"
    name_property = "BucketName"
    attribute_names = ("Arn", "DomainName", "RegionalDomainName")

    def create(self, name: str) -> None:
        self.physical_id = name
        # us-east-1 is the one that must not be named.
        elsewhere = {"CreateBucketConfiguration": {"LocationConstraint": self.region}}
        self._call("create_bucket", **({} if self.region == "us-east-1" else elsewhere))
        self.attributes = {
            "Arn": f"arn:aws:s3:::{name}",
            "DomainName": f"{name}.s3.amazonaws.com",
            "RegionalDomainName": f"{name}.s3.{self.region}.amazonaws.com",
        }
        self.update()

    def update(self) -> None:
        wanted = self.properties
        only(wanted, "BucketName", "Tags", *_BUCKET_SETTINGS)
        for name, (operation, parameter, convert) in _BUCKET_SETTINGS.items():
            if name in wanted:
                self._call(operation, **{parameter: convert(wanted[name])})
        if "Tags" in wanted:
            self._call("put_bucket_tagging", Tagging={"TagSet": wanted["Tags"]})

    def remove(self) -> None:
        self._call("delete_bucket")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.call("s3", operation, Bucket=self.physical_id, **parameters)


class Table(ApiResource):
    type_name = "AWS::DynamoDB::Table"
    name_property = "TableName"
    attribute_names = ("Arn", "StreamArn")

    _SHAPE = ("KeySchema", "AttributeDefinitions", "GlobalSecondaryIndexes", "LocalSecondaryIndexes")
    _CHANGEABLE = ("BillingMode", "ProvisionedThroughput", "DeletionProtectionEnabled", "TableClass")
    _AFTERWARDS = ("TimeToLiveSpecification", "PointInTimeRecoverySpecification")

    def create(self, name: str) -> None:
        only(
            self.properties,
            "TableName",
            "Tags",
            "SSESpecification",
            "StreamSpecification",
            *self._SHAPE,
            *self._CHANGEABLE,
            *self._AFTERWARDS,
        )
        self.physical_id = name
        parameters = without(self.properties, "TableName", *self._AFTERWARDS)
        if "SSESpecification" in parameters:
            parameters["SSESpecification"] = self._encryption()
        if "StreamSpecification" in parameters:
            parameters["StreamSpecification"] = parameters["StreamSpecification"] | {"StreamEnabled": True}
        created = self._call("create_table", **parameters)["TableDescription"]
        self.attributes = {"Arn": created["TableArn"], "StreamArn": created.get("LatestStreamArn")}
        self._shape = {key: self.properties.get(key) for key in self._SHAPE}
        self._settle()

    def update(self) -> None:
        if {key: self.properties.get(key) for key in self._SHAPE} != self._shape:
            raise ValueError("keys and indexes of a table cannot be changed here: delete the stack, or start afresh")
        changeable = {key: self.properties[key] for key in self._CHANGEABLE if key in self.properties}
        if changeable:
            self._call("update_table", **changeable)
        if "SSESpecification" in self.properties:
            self._call("update_table", SSESpecification=self._encryption())
        self._settle()

    def remove(self) -> None:
        self._call("delete_table")

    def _call(self, operation: str, **parameters: Any) -> dict[str, Any]:
        return self.call("dynamodb", operation, TableName=self.physical_id, **parameters)

    def _encryption(self) -> dict[str, Any]:
        wanted = self.properties["SSESpecification"]
        return without(wanted, "SSEEnabled") | {"Enabled": wanted["SSEEnabled"]}

    def _settle(self) -> None:
        expiry = self.properties.get("TimeToLiveSpecification")
        if expiry and self._expiry_status() != ("ENABLED" if expiry["Enabled"] else "DISABLED"):
            self._call("update_time_to_live", TimeToLiveSpecification=expiry)
        backups = self.properties.get("PointInTimeRecoverySpecification")
        if backups:
            self._call("update_continuous_backups", PointInTimeRecoverySpecification=backups)

    def _expiry_status(self) -> str:
        return self._call("describe_time_to_live")["TimeToLiveDescription"]["TimeToLiveStatus"]


class Key(ApiResource):
    type_name = "AWS::KMS::Key"
    attribute_names = ("Arn", "KeyId")

    _KNOWN = ("KeyPolicy", "Description", "EnableKeyRotation", "PendingWindowInDays", "Tags", "KeySpec", "KeyUsage")

    def create(self, name: str) -> None:
        only(self.properties, *self._KNOWN)
        parameters = without(self.properties, "KeyPolicy", "EnableKeyRotation", "PendingWindowInDays", "Tags")
        if "KeyPolicy" in self.properties:
            parameters["Policy"] = self.properties["KeyPolicy"]
        tags = [{"TagKey": tag["Key"], "TagValue": tag["Value"]} for tag in self.properties.get("Tags", [])]
        created = self.call("kms", "create_key", Tags=tags, **parameters)["KeyMetadata"]
        self.physical_id = created["KeyId"]
        self.attributes = {"Arn": created["Arn"], "KeyId": created["KeyId"]}
        self._rotate()

    def update(self) -> None:
        key = {"KeyId": self.physical_id}
        if "KeyPolicy" in self.properties:
            policy = self.properties["KeyPolicy"]
            self.call("kms", "put_key_policy", PolicyName="default", Policy=policy, **key)
        self.call("kms", "update_key_description", Description=self.properties.get("Description", ""), **key)
        self._rotate()

    def remove(self) -> None:
        days = self.properties.get("PendingWindowInDays", 30)
        self.call("kms", "schedule_key_deletion", KeyId=self.physical_id, PendingWindowInDays=days)

    def _rotate(self) -> None:
        rotates = str(self.properties.get("EnableKeyRotation", False)).lower() == "true"
        operation = "enable_key_rotation" if rotates else "disable_key_rotation"
        self.call("kms", operation, KeyId=self.physical_id)


def install() -> None:
    """Defining the types is enough."""
