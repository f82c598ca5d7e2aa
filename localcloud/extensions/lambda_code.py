"""Lambda: where code comes from and where it can be read back.

Packages from S3 by version, refusals in AWS's words, a dry run that tells the new hash, and a `Code.Location` that can
be downloaded for ten minutes, as AWS's presigned URL can. A function keeps its package type. Without a code signing
configuration, `GetFunctionCodeSigningConfig` answers nothing. Signatures are not verified.
"""

import base64
import copy
import hashlib
import hmac
import io
import json
import secrets
import time
import zipfile
from typing import Any

from moto.awslambda.exceptions import InvalidParameterValueException
from moto.awslambda.models import LambdaFunction
from moto.awslambda.responses import LambdaResponse
from moto.s3.exceptions import MissingBucket
from moto.s3.models import s3_backends
from werkzeug import Request, Response

from ..routes import route

_LOCATION_LIFETIME = 600
_key = secrets.token_bytes(32)
# What a location was given out for stays readable although the function has other code by now.
_packages: dict[str, bytes] = {}


def _refuse_source(code: str, message: str) -> InvalidParameterValueException:
    return InvalidParameterValueException(
        f"Error occurred while GetObject. S3 Error Code: {code}. S3 Error Message: {message}"
    )


def _from_s3(function: LambdaFunction, spec: dict[str, Any]) -> bytes:
    bucket, key, version = spec["S3Bucket"], spec["S3Key"], spec.get("S3ObjectVersion")
    backend = s3_backends[function.account_id][function.partition]
    try:
        region = backend.get_bucket(bucket).region_name
        found = backend.get_object(bucket, key, version_id=version)
    except MissingBucket:
        raise _refuse_source("NoSuchBucket", "The specified bucket does not exist") from None
    if region != function.region:
        raise _refuse_source(
            "PermanentRedirect",
            f"The bucket is in this region: {region}. Please use this region to retry the request",
        )
    if found is None and version:
        raise _refuse_source("NoSuchVersion", "The specified version does not exist.")
    if found is None:
        raise _refuse_source("NoSuchKey", "The specified key does not exist.")
    return found.value


def _package(function: LambdaFunction, spec: dict[str, Any]) -> bytes:
    if "ZipFile" in spec:
        package = base64.b64decode(spec["ZipFile"])
    elif "S3Bucket" in spec and "S3Key" in spec:
        package = _from_s3(function, spec)
    else:
        raise InvalidParameterValueException("Please provide a source for function code.")
    if not zipfile.is_zipfile(io.BytesIO(package)):
        raise InvalidParameterValueException(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        )
    return package


def _set_function_code(self: LambdaFunction, spec: dict[str, Any]) -> None:
    if self.package_type == "Image":
        if not spec.get("ImageUri"):
            raise InvalidParameterValueException(
                "Please provide ImageUri when updating a function with packageType Image."
            )
        return _set_image(self, spec)
    if "ImageUri" in spec:
        raise InvalidParameterValueException(
            "Please don't provide ImageUri when updating a function with packageType Zip."
        )
    package = _package(self, spec)
    digest = hashlib.sha256(package)
    self.code_bytes = package
    self.code_size = len(package)
    self.code_sha_256 = base64.b64encode(digest.digest()).decode()
    self.code_digest = digest.hexdigest()
    # moto looks at these two to tell a package from an image.
    self.code = {"S3Bucket": spec.get("S3Bucket"), "S3Key": spec.get("S3Key") or f"{self.function_name}-{digest.hexdigest()}"}


def _rehearse_code(self: LambdaFunction, spec: dict[str, Any]) -> dict[str, Any]:
    """What the configuration would be with the code of `spec`; nothing changes."""
    trial = copy.copy(self)
    trial._set_function_code({name: value for name, value in spec.items() if name != "DryRun"})
    return trial.get_configuration()


def _sign(path: str, expires: str) -> str:
    return hmac.new(_key, f"{path}?{expires}".encode(), hashlib.sha256).hexdigest()


def _location(host_url: str, function: LambdaFunction) -> str:
    _packages[function.code_digest] = function.code_bytes
    path = f"/_localcloud/lambda-code/{function.code_digest}"
    expires = str(int(time.time()) + _LOCATION_LIFETIME)
    return f"{host_url.rstrip('/')}{path}?Expires={expires}&Signature={_sign(path, expires)}"


@route("GET", r"/_localcloud/lambda-code/(?P<digest>[0-9a-f]{64})")
def _download(request: Request, digest: str) -> Response:
    expires = request.args.get("Expires", "0")
    expected = _sign(request.path, expires)
    if not hmac.compare_digest(expected, request.args.get("Signature", "")) or int(expires) < time.time():
        return Response("<Error><Code>AccessDenied</Code></Error>", status=403, content_type="application/xml")
    if digest not in _packages:
        return Response("<Error><Code>NoSuchKey</Code></Error>", status=404, content_type="application/xml")
    return Response(_packages[digest], content_type="application/zip")


def _respond_signing(self: LambdaResponse) -> str:
    signing = self.backend.get_function_code_signing_config(self._get_param("FunctionName"))
    return json.dumps(signing if signing["CodeSigningConfigArn"] else {})


def _patch_get_function() -> None:
    respond = LambdaResponse.get_function

    def with_location(self: LambdaResponse) -> str:
        described = json.loads(respond(self))
        function = self.backend.get_function(self._get_param("FunctionName"), self._get_param("Qualifier"))
        if function.package_type == "Zip":
            location = _location(self.normalized_request.host_url, function)
            described["Code"] = {"RepositoryType": "S3", "Location": location}
        return json.dumps(described)

    LambdaResponse.get_function = with_location


def install() -> None:
    global _set_image
    _set_image = LambdaFunction._set_function_code
    LambdaFunction._set_function_code = _set_function_code
    LambdaFunction.rehearse_code = _rehearse_code
    LambdaResponse.get_function_code_signing_config = _respond_signing
    _patch_get_function()


def reset() -> None:
    _packages.clear()
