"""What several tests need."""

import io
import json
import time
import zipfile

TRUST = '{"Version": "2012-10-17", "Statement": []}'


def zip_of(files):
    """A zip with `{name: text}`; a name `bootstrap` is made executable."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name, text in files.items():
            entry = zipfile.ZipInfo(name)
            entry.external_attr = (0o755 if name == "bootstrap" else 0o644) << 16
            archive.writestr(entry, text)
    return buffer.getvalue()


def role(client, name="role"):
    iam = client("iam")
    try:
        return iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)["Role"]["Arn"]
    except iam.exceptions.EntityAlreadyExistsException:
        return iam.get_role(RoleName=name)["Role"]["Arn"]


def python_function(client, name, source, **options):
    """Creates a function from the source of a module with a `handler`; returns its ARN."""
    defaults = {"Runtime": "python3.12", "Handler": "app.handler", "Timeout": 10}
    created = client("lambda").create_function(
        FunctionName=name, Role=role(client), Code={"ZipFile": zip_of({"app.py": source})}, **(defaults | options)
    )
    return created["FunctionArn"]


def settled(client, name):
    """Waits until an update of the function is done."""
    waiter = client("lambda").get_waiter("function_updated_v2")
    waiter.wait(FunctionName=name, WaiterConfig={"Delay": 0.05, "MaxAttempts": 100})


def invoke(client, name, event=None, **options):
    """Invokes and returns the answer, with the payload decoded under `value`."""
    answer = client("lambda").invoke(FunctionName=name, Payload=json.dumps(event or {}), **options)
    text = answer["Payload"].read()
    answer["value"] = json.loads(text) if text else None
    return answer


def eventually(read, seconds=10):
    """The first true value of `read()`. Fails when there is none in time."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = read()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"nothing within {seconds} s")
