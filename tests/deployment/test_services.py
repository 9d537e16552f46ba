"""The table and the bucket that the examples work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.deployment.test_functions import WEBSOCKETS

if TYPE_CHECKING:
    from tests.deployment.stack import Stack


def test_table_is_on_demand_with_a_key_alone(stack: Stack) -> None:
    table = stack.tables["NotesTable"]

    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "TimeToLiveSpecification" not in stack.properties["NotesTable"]


@pytest.mark.parametrize("name", WEBSOCKETS)
def test_table_of_connections_is_on_demand_and_cleans_up(name: str, stack: Stack) -> None:
    table = stack.tables[f"{name}ConnectionsTable"]

    assert table["KeySchema"] == [{"AttributeName": "connection_id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [
        {"AttributeName": "connection_id", "AttributeType": "S"}
    ]
    assert_on_demand_and_cleans_up(stack, f"{name}ConnectionsTable")


def test_table_of_members_is_on_demand_and_cleans_up(stack: Stack) -> None:
    assert stack.tables["ChatMembersTable"]["KeySchema"] == [
        {"AttributeName": "room", "KeyType": "HASH"},
        {"AttributeName": "connection", "KeyType": "RANGE"},
    ]
    assert_on_demand_and_cleans_up(stack, "ChatMembersTable")


def assert_on_demand_and_cleans_up(stack: Stack, name: str) -> None:
    assert stack.tables[name]["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    expiry = stack.properties[name]["TimeToLiveSpecification"]
    assert expiry == {"AttributeName": "expires", "Enabled": True}


def test_there_is_no_other_table(stack: Stack) -> None:
    expected = {f"{name}ConnectionsTable" for name in WEBSOCKETS}
    assert stack.tables.keys() == {"NotesTable", "ChatMembersTable"} | expected


def test_bucket_is_private_encrypted_and_cleans_up(stack: Stack) -> None:
    assert list(stack.of_type("AWS::S3::Bucket")) == ["FilesBucket"]
    assert stack.properties["FilesBucket"] == {
        "PublicAccessBlockConfiguration": {
            "BlockPublicAcls": True,
            "BlockPublicPolicy": True,
            "IgnorePublicAcls": True,
            "RestrictPublicBuckets": True,
        },
        "BucketEncryption": {
            "ServerSideEncryptionConfiguration": [
                {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
            ]
        },
        "CorsConfiguration": {
            "CorsRules": [
                {
                    "AllowedOrigins": ["*"],
                    "AllowedMethods": ["GET", "PUT", "POST"],
                    "AllowedHeaders": ["*"],
                    "MaxAge": 3600,
                }
            ]
        },
        "LifecycleConfiguration": {
            "Rules": [
                {
                    "Id": "uploads",
                    "Status": "Enabled",
                    "Prefix": "uploads/",
                    "ExpirationInDays": 7,
                    "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 1},
                }
            ]
        },
    }
