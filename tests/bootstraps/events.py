"""What Lambda hands to the functions, as AWS documents it, and what Slack sends."""

import base64
import hashlib
import hmac
import json
import time
import urllib.parse
import uuid

TOPIC = "arn:aws:sns:eu-central-1:000000000000:dispatch"


def envelope(message, identity=None):
    """An SNS notification, as it lies in a queue."""
    text = message if isinstance(message, str) else json.dumps(message)
    return json.dumps({
        "Type": "Notification",
        "MessageId": identity or str(uuid.uuid4()),
        "TopicArn": TOPIC,
        "Message": text,
        "Timestamp": "2026-11-21T03:00:00.000Z",
        "SignatureVersion": "1",
        "Signature": "EXAMPLE",
        "SigningCertURL": "https://sns.eu-central-1.amazonaws.com/cert.pem",
        "UnsubscribeURL": "https://sns.eu-central-1.amazonaws.com/?Action=Unsubscribe",
    })


def batch(*bodies):
    """An SQS event. https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html"""
    return {"Records": [_record(body) for body in bodies]}


def _record(body):
    return {
        "messageId": str(uuid.uuid4()),
        "receiptHandle": "AQEB",
        "body": body,
        "attributes": {
            "ApproximateReceiveCount": "1",
            "SentTimestamp": "1795230000000",
            "SenderId": "AIDAEXAMPLE",
            "ApproximateFirstReceiveTimestamp": "1795230000001",
        },
        "messageAttributes": {},
        "md5OfBody": hashlib.md5(body.encode()).hexdigest(),
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:eu-central-1:000000000000:alarms",
        "awsRegion": "eu-central-1",
    }


def direct(*messages):
    """An SNS event without a queue. https://docs.aws.amazon.com/lambda/latest/dg/with-sns.html"""
    def record(message):
        notification = json.loads(envelope(message))
        notification["SigningCertUrl"] = notification.pop("SigningCertURL")
        notification["UnsubscribeUrl"] = notification.pop("UnsubscribeURL")
        notification.update(Subject=None, MessageAttributes={})
        return {
            "EventVersion": "1.0",
            "EventSubscriptionArn": f"{TOPIC}:{uuid.uuid4()}",
            "EventSource": "aws:sns",
            "Sns": notification,
        }

    return {"Records": [record(message) for message in messages]}


def click(message, user, handle, action, respond):
    """The form that Slack posts when somebody presses a button of a posted message."""
    elements = [block for block in message["blocks"] if block["type"] == "actions"][0]["elements"]
    button = next(element for element in elements if element["action_id"] == action)
    place = message["(answered)"]
    payload = {
        "type": "block_actions",
        "user": {"id": user, "username": handle, "name": handle, "team_id": "T0EXAMPLE"},
        "api_app_id": "A0EXAMPLE",
        "token": "deprecated",
        "container": {
            "type": "message",
            "message_ts": place["ts"],
            "channel_id": place["channel"],
            "is_ephemeral": False,
        },
        "trigger_id": "1.2.abc",
        "team": {"id": "T0EXAMPLE", "domain": "example"},
        "enterprise": None,
        "is_enterprise_install": False,
        "channel": {"id": place["channel"], "name": "directmessage"},
        "message": {"type": "message", "user": "U0BOT", "ts": place["ts"], "text": message["text"]},
        "state": {"values": {}},
        "response_url": respond,
        "actions": [{**button, "block_id": "answer", "action_ts": f"{time.time():.6f}"}],
    }
    return urllib.parse.urlencode({"payload": json.dumps(payload)})


def request(body, secret, at=None, **changes):
    """An HTTP API event (payload 2.0) with Slack's signature; `changes` replace headers."""
    stamp = str(int(at or time.time()))
    digest = hmac.new(secret.encode(), f"v0:{stamp}:{body}".encode(), hashlib.sha256).hexdigest()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "user-agent": "Slackbot 1.0 (+https://api.slack.com/robots)",
        "x-slack-request-timestamp": stamp,
        "x-slack-signature": f"v0={digest}",
        **{name.replace("_", "-"): value for name, value in changes.items()},
    }
    return {
        "version": "2.0",
        "routeKey": "POST /slack/interactivity",
        "rawPath": "/slack/interactivity",
        "rawQueryString": "",
        "headers": {name: value for name, value in headers.items() if value is not None},
        "requestContext": {
            "accountId": "000000000000",
            "apiId": "api",
            "domainName": "api.execute-api.eu-central-1.amazonaws.com",
            "http": {
                "method": "POST",
                "path": "/slack/interactivity",
                "protocol": "HTTP/1.1",
                "sourceIp": "127.0.0.1",
                "userAgent": "Slackbot",
            },
            "requestId": str(uuid.uuid4()),
            "routeKey": "POST /slack/interactivity",
            "stage": "$default",
            "time": "21/Nov/2026:03:00:00 +0000",
            "timeEpoch": int(time.time() * 1000),
        },
        "body": base64.b64encode(body.encode()).decode(),
        "isBase64Encoded": True,
    }
