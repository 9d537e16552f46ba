"""The table and the bucket that the examples work with."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tests.deployment.stack import Stack


def test_table_is_on_demand_with_a_key_alone(stack: Stack) -> None:
    table = stack.tables["NotesTable"]

    assert table["KeySchema"] == [{"AttributeName": "id", "KeyType": "HASH"}]
    assert table["AttributeDefinitions"] == [{"AttributeName": "id", "AttributeType": "S"}]
    assert table["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert "TimeToLiveSpecification" not in stack.properties["NotesTable"]
    assert list(stack.tables) == ["NotesTable"]


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
