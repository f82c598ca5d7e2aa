"""DynamoDB under concurrency, and repeated transactions."""

from concurrent.futures import ThreadPoolExecutor, wait

import pytest
from botocore.exceptions import ClientError
from moto.dynamodb.models.table import Table

KEY = {"pk": {"S": "run"}}


@pytest.fixture
def table(client):
    dynamodb = client("dynamodb")
    dynamodb.create_table(
        TableName="ledger",
        KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "pk", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
    )
    return dynamodb


def count(table):
    return int(table.get_item(TableName="ledger", Key=KEY)["Item"]["n"]["N"])


def add_one(table, **more):
    update = {"TableName": "ledger", "Key": KEY, "UpdateExpression": "ADD n :one", "ExpressionAttributeValues": {":one": {"N": "1"}}}
    return table.transact_write_items(TransactItems=[{"Update": update}], **more)


def put(table, key):
    table.put_item(TableName="ledger", Item={"pk": {"S": key}})


def fail(table):
    check = {"TableName": "ledger", "Key": KEY, "ConditionExpression": "attribute_exists(absent)"}
    doomed = {"TableName": "ledger", "Item": {"pk": {"S": "doomed"}}}
    with pytest.raises(ClientError) as cancelled:
        table.transact_write_items(TransactItems=[{"Put": doomed}, {"ConditionCheck": check}])
    assert cancelled.value.response["Error"]["Code"] == "TransactionCanceledException"


def test_a_cancelled_transaction_loses_nothing_that_others_write(table, monkeypatch):
    put_item = Table.put_item
    with ThreadPoolExecutor(1) as other:
        written = []

        def meanwhile(self, item_attrs, *more):
            item = put_item(self, item_attrs, *more)
            if item_attrs["pk"]["S"] == "doomed":
                # In the middle of the transaction somebody else writes, now or after it.
                written.append(other.submit(put, table, "row"))
                wait(written, timeout=0.3)
            return item

        monkeypatch.setattr(Table, "put_item", meanwhile)
        fail(table)
    assert written and written[0].exception() is None
    assert {item["pk"]["S"] for item in table.scan(TableName="ledger")["Items"]} == {"row"}


def test_one_of_many_conditional_creations_wins(table):
    def create(number):
        try:
            table.put_item(
                TableName="ledger", Item={**KEY, "owner": {"N": str(number)}}, ConditionExpression="attribute_not_exists(pk)"
            )
            return number
        except ClientError as lost:
            assert lost.response["Error"]["Code"] == "ConditionalCheckFailedException"

    with ThreadPoolExecutor(16) as pool:
        winners = [number for number in pool.map(create, range(40)) if number is not None]
    assert len(winners) == 1
    assert table.get_item(TableName="ledger", Key=KEY)["Item"]["owner"]["N"] == str(winners[0])


def test_a_repeated_transaction_is_carried_out_once(table):
    add_one(table, ClientRequestToken="t1")
    add_one(table, ClientRequestToken="t1")
    assert count(table) == 1
    add_one(table, ClientRequestToken="t2")
    assert count(table) == 2


def test_a_token_is_for_one_transaction(table):
    add_one(table, ClientRequestToken="t1")
    with pytest.raises(ClientError) as refused:
        table.transact_write_items(
            TransactItems=[{"Put": {"TableName": "ledger", "Item": KEY}}], ClientRequestToken="t1"
        )
    assert refused.value.response["Error"]["Code"] == "IdempotentParameterMismatchException"


def test_a_cancelled_transaction_may_be_repeated_with_its_token(table):
    item = {"Put": {"TableName": "ledger", "Item": KEY, "ConditionExpression": "attribute_not_exists(pk)"}}
    table.put_item(TableName="ledger", Item=KEY)
    with pytest.raises(ClientError):
        table.transact_write_items(TransactItems=[item], ClientRequestToken="t1")
    table.delete_item(TableName="ledger", Key=KEY)
    table.transact_write_items(TransactItems=[item], ClientRequestToken="t1")
    assert "Item" in table.get_item(TableName="ledger", Key=KEY)
