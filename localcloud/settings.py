"""The constants of the local cloud: one account, one default region, one address."""

ACCOUNT_ID = "123456789012"
REGION = "us-east-1"
HOST = "127.0.0.1"

# What a person at the keyboard uses. Functions get keys of their own, so that the call log can tell them apart.
OPERATOR_ENV = {
    "AWS_ACCESS_KEY_ID": "LOCALCLOUDOPERATOR00",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
