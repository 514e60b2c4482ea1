"""AWS as moto plays it: a bucket, a topic with a queue behind it, a queue for dead letters, and a key."""

import base64
import hashlib
import json
import os
import socket
import subprocess
import sys
import time
from pathlib import Path

import boto3
from botocore.config import Config

REGION = "eu-central-1"
START_S = 60
MAX_RECEIVES = 2
MOTO = Path(__file__).with_name("moto_in_turn.py")

#: Credentials of no worth; moto takes any.
CREDENTIALS = {
    "AWS_ACCESS_KEY_ID": "local",
    "AWS_SECRET_ACCESS_KEY": "local",
    "AWS_REGION": REGION,
}


class Cloud:
    """A moto server of its own, as a process, with what Dispatch needs in it."""

    def __init__(self):
        port = _free_port()
        command = [sys.executable, "-B", str(MOTO), "-H", "127.0.0.1", "-p", str(port)]
        environment = {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}
        self.process = subprocess.Popen(
            command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        self.url = f"http://127.0.0.1:{port}"
        self._await_start(port)
        self.bucket = "dispatch-journals"
        self._s3, self._sns, self._sqs, self._kms = map(self._client, ["s3", "sns", "sqs", "kms"])
        place = {"LocationConstraint": REGION}
        self._s3.create_bucket(Bucket=self.bucket, CreateBucketConfiguration=place)
        self.topic = self._sns.create_topic(Name="dispatch")["TopicArn"]
        self._dead = self._sqs.create_queue(QueueName="alarms-dead")["QueueUrl"]
        policy = {"deadLetterTargetArn": self._arn(self._dead), "maxReceiveCount": MAX_RECEIVES}
        self._queue = self._sqs.create_queue(
            QueueName="alarms", Attributes={"RedrivePolicy": json.dumps(policy)}
        )["QueueUrl"]
        self._sns.subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=self._arn(self._queue))
        self._key = self._kms.create_key()["KeyMetadata"]["KeyId"]

    def _arn(self, queue):
        attributes = self._sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
        return attributes["Attributes"]["QueueArn"]

    def _client(self, service):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name=REGION,
            aws_access_key_id="local",
            aws_secret_access_key="local",
            config=Config(retries={"max_attempts": 2}, read_timeout=20),
        )

    def _await_start(self, port):
        give_up = time.monotonic() + START_S
        while True:
            if self.process.poll() is not None:
                raise RuntimeError(f"moto ended with {self.process.returncode}")
            try:
                socket.create_connection(("127.0.0.1", port), timeout=1).close()
                return
            except OSError:
                if time.monotonic() > give_up:
                    raise
                time.sleep(0.1)

    def secure(self, text):
        """A setting's value as KMS ciphertext."""
        blob = self._kms.encrypt(KeyId=self._key, Plaintext=text.encode())["CiphertextBlob"]
        return "secure:" + base64.b64encode(blob).decode()

    def published(self, wait_s):
        """The bodies that came through the topic and were not read before: SNS envelopes."""
        give_up = time.monotonic() + wait_s
        while True:
            answer = self._sqs.receive_message(
                QueueUrl=self._queue, MaxNumberOfMessages=10, WaitTimeSeconds=1
            )
            messages = answer.get("Messages", [])
            for message in messages:
                receipt = message["ReceiptHandle"]
                self._sqs.delete_message(QueueUrl=self._queue, ReceiptHandle=receipt)
            if messages or time.monotonic() > give_up:
                return [message["Body"] for message in messages]

    def lose(self, message, through_topic=True):
        """Has a message received as often as it may be, and its body, by which a function knows it."""
        if through_topic:
            self._sns.publish(TopicArn=self.topic, Message=message)
        else:
            self._sqs.send_message(QueueUrl=self._queue, MessageBody=message)
        receive = {"QueueUrl": self._queue, "VisibilityTimeout": 0, "WaitTimeSeconds": 0}
        received = [self._sqs.receive_message(**receive)["Messages"] for _ in range(MAX_RECEIVES)]
        # The queue gives it up when it would be received once more.
        assert not self._sqs.receive_message(**receive).get("Messages")
        return received[0][0]

    def write_loss(self, name, reason):
        """Writes down why a message was given up, as `incoming` does."""
        digest = hashlib.sha256(name.encode() + b"\0").hexdigest()[:40]
        loss = {
            "message": name,
            "at": "2026-11-21T03:00:00Z",
            "alarm": None,
            "title": "",
            "reason": reason,
            "paged": None,
        }
        self._s3.put_object(Bucket=self.bucket, Key=f"lost/{digest}.json", Body=json.dumps(loss).encode())

    def journals(self):
        """What lies in the bucket: path and content, where it is JSON."""
        listed = self._s3.list_objects_v2(Bucket=self.bucket).get("Contents", [])
        bodies = {
            item["Key"]: self._s3.get_object(Bucket=self.bucket, Key=item["Key"])["Body"].read()
            for item in listed
        }
        return {path: json.loads(body) for path, body in bodies.items() if body.startswith(b"{")}

    def stop(self):
        end(self.process)


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def end(process):
    """Ends a process that was started here, and waits for it."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
