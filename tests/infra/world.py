"""A stack of the template, as the bridge makes it, and the vendors that it is told of."""

import json
import subprocess
import sys
import urllib.error
import urllib.request
from pathlib import Path

from template import NEEDED, REGION, ROOT, TEMPLATE

sys.path.insert(0, str(ROOT / "tests" / "bootstraps"))

import events  # noqa: E402
from vendors import GitHub, PagerDuty, Slack  # noqa: E402

SIGNING_SECRET = "signed-by-the-test-only"
WEBHOOK_SECRET = "hooked-by-the-test-only"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
#: How long anything may take here; most of it takes less than a second.
WAIT_S = 60


class World:
    """A stack, and the vendors that it is told of by its parameters."""

    def __init__(self, make_bridge, build, template=TEMPLATE):
        self.github = GitHub("ghp_taken-by-the-stand-in-only")
        self.slack = Slack("xoxb-taken-by-the-stand-in-only")
        self.pagerduty = PagerDuty("taken-by-the-stand-in-only")
        # As AWS does, it refuses what a role does not allow. What fails comes again after a second.
        self.bridge = make_bridge(str(template), sam_build=str(build), iam_mode="deny", retry_after=1, region=REGION)
        try:
            self.bridge.start_aws()
            self.bridge.params = self._parameters()
            self.bridge.start()
        except BaseException:
            self.stop()
            raise

    def _parameters(self):
        """One secret for each way to give one; everything else that a deployment may say is left as it is."""
        bridge = self.bridge
        secret = {"SecretString": json.dumps({"signing": SIGNING_SECRET, "webhook": WEBHOOK_SECRET})}
        bridge.aws("secretsmanager").create_secret(Name="dispatch/slack", **secret)
        parameter = {"Name": "/dispatch/github-token", "Value": self.github.token, "Type": "SecureString"}
        bridge.aws("ssm").put_parameter(**parameter)
        return {
            **NEEDED,
            "KmsKey": bridge.kms_key("settings"),
            "GithubToken": "ssm:/dispatch/github-token",
            "GithubWebhookSecret": "secretsmanager:dispatch/slack#webhook",
            "GithubDefaultUser": "sam",
            "GithubApiUrl": self.github.url,
            "SlackBotToken": self._secure(self.slack.token),
            "SlackSigningSecret": "secretsmanager:dispatch/slack#signing",
            "SlackApiUrl": f"{self.slack.url}/api",
            "PagerDutyRoutingKey": self._secure(ROUTING_KEY),
            "PagerDutyApiUrl": self.pagerduty.url,
            "PagerDutyEventsUrl": self.pagerduty.url,
            "CanaryChannel": "#canary",
        }

    def _secure(self, text):
        return "secure:" + self.bridge.kms_encrypt("settings", text)

    def stop(self):
        self.bridge.close()
        for vendor in (self.github, self.slack, self.pagerduty):
            vendor.stop()

    def publish(self, message):
        """Publishes as people do, and waits until all of it is done."""
        text = message if isinstance(message, str) else json.dumps(message)
        command = [
            str(Path(sys.executable).with_name("aws")), "--endpoint-url", self.bridge.moto_url, "sns", "publish",
            "--topic-arn", self.bridge.stack.outputs["TopicArn"], "--message", text,
        ]
        credentials = {"AWS_ACCESS_KEY_ID": "local", "AWS_SECRET_ACCESS_KEY": "local", "AWS_DEFAULT_REGION": REGION}
        subprocess.run(command, env=credentials, check=True, capture_output=True, timeout=WAIT_S)
        self.settle()

    def settle(self):
        assert self.bridge.wait_idle(WAIT_S), "messages are left over"

    def post(self, path, body, headers):
        """The status of a request to the stack's own address."""
        (api,) = self.bridge.apis.values()
        request = urllib.request.Request(api.url + path, data=body.encode(), headers=headers, method="POST")
        try:
            return urllib.request.urlopen(request, timeout=WAIT_S).status
        except urllib.error.HTTPError as error:
            return error.code

    def press(self, question, user, action):
        form = events.click(question, user, self.slack.people[user], action, f"{self.slack.url}/actions/T0/1/abc")
        status = self.post("/slack/interactivity", form, events.request(form, SIGNING_SECRET)["headers"])
        self.settle()
        return status

    def batches(self, mapping):
        return len(self.bridge.mappings[mapping].history)

    def objects(self, prefix):
        bucket = self.bridge.stack.outputs["JournalsBucket"]
        listed = self.bridge.aws("s3").list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", [])
        return {item["Key"] for item in listed}
