"""Whole lives through the template: its stack in moto, the built programs with the settings and rights that it gives them.

    python stack.py --build FOLDER [--bridge FOLDER]

FOLDER holds `Incoming/bootstrap` and `Triage/bootstrap`, as `sam build` leaves them. The other is that of the bridge,
which creates the stack and plays Lambda; it lies beside the checkout. Where it does not, nothing is run.
"""

import argparse
import hashlib
import hmac
import json
import signal
import subprocess
import sys
import time
import traceback
import urllib.error
import urllib.request
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

import program  # noqa: E402
from template import NEEDED, REGION, ROOT, TEMPLATE  # noqa: E402

sys.path.insert(0, str(ROOT / "tests" / "bootstraps"))

import events  # noqa: E402
import messages  # noqa: E402
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


def check_life(world):
    """a person is asked, says no through the address of the stack, and somebody is paged"""
    world.publish(messages.asking("self-service", "Life: jane signed in", "jane"))
    (question,) = [one for one in world.slack.messages("Life: jane signed in") if one.get("blocks")]
    issue = world.github.issue("Life: jane signed in")
    assert question["channel"] == "U0JANE" and world.pagerduty.pages() == []
    assert world.press(question, "U0JANE", "no") == 200
    (page,) = world.pagerduty.pages()
    assert page["routing_key"] == ROUTING_KEY and issue["html_url"] in json.dumps(page)
    assert issue["state"] == "open" and "jane" in "\n".join(world.github.said_on(issue))


def check_strangers(world):
    """what nobody signed is refused, on both paths"""
    before = world.pagerduty.pages()
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert world.post("/slack/interactivity", "payload=%7B%7D", form) == 401
    assert world.post("/webhook", "{}", {"content-type": "application/json", "x-github-event": "issues"}) == 401
    assert world.post("/elsewhere", "{}", form) == 404
    assert world.pagerduty.pages() == before


def check_webhook(world):
    """what GitHub signed is taken"""
    body = json.dumps({"zen": "Speak like a human.", "hook_id": 1})
    digest = hmac.new(WEBHOOK_SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
    headers = {"content-type": "application/json", "x-github-event": "ping", "x-hub-signature-256": f"sha256={digest}"}
    assert world.post("/webhook", body, headers) == 200


def check_page(world):
    """a page comes through its own queue and the other, and is one"""
    for kind in ("high-priority", "HIGH"):
        title = f"Page: {kind}"
        urgent, alarms = world.batches("IncomingUrgent"), world.batches("IncomingAlarms")
        world.publish({**messages.page(title), "type": kind})
        assert world.batches("IncomingUrgent") == urgent + 1 and world.batches("IncomingAlarms") == alarms + 1
        pages = [page for page in world.pagerduty.pages() if page["payload"]["summary"] == title]
        assert len({page["dedup_key"] for page in pages}) == 1, pages
    before = world.batches("IncomingUrgent")
    world.publish(messages.log("Page: none"))
    assert world.batches("IncomingUrgent") == before, "only pages are urgent"


def check_unreadable(world):
    """a message that is not JSON becomes an issue"""
    world.publish("the disk of build-7 is full")
    bodies = [call.body.get("body") or "" for call in world.github.calls("POST", "/issues")]
    assert any("the disk of build-7 is full" in body for body in bodies), bodies


def check_clock(world):
    """the clock wakes what is due, and nothing else"""
    before = world.objects(program.timers())
    world.publish(messages.asking("self-service", "Clock: joe signed in", "joe"))
    (timer,) = world.objects(program.timers()) - before
    # A timer's time is its name, so a copy of another name is due.
    due = f"{program.timers()}20200101T000000Z/{timer.split('/')[-1]}"
    bucket = world.bridge.stack.outputs["JournalsBucket"]
    world.bridge.aws("s3").copy_object(Bucket=bucket, Key=due, CopySource={"Bucket": bucket, "Key": timer})
    batches = world.batches("IncomingAlarms")
    world.bridge.fire("IncomingClock")
    world.settle()
    tick = [record for record in world.bridge.records("Incoming") if "IncomingClock" in str(record["source"])][-1]
    assert tick["kind"] == "ok", tick
    assert world.objects(program.timers()) - before == {timer}, "what is due was not woken, or what is not due was"
    assert world.batches("IncomingAlarms") == batches + 1, "it was not handed on"
    assert len(world.slack.messages("Clock: joe signed in")) == 1, "nobody is asked twice"


def check_canary(world):
    """the canary is heard in its channel, and comes to an end"""
    world.bridge.fire("CanarySings")
    world.settle()
    (told,) = world.slack.messages("Alarms come through")
    assert told["channel"] in ("#canary", "canary"), told
    issue = world.github.issue(f"Canary of {world.bridge.stack_name}")
    assert issue["state"] == "open"
    world.bridge.fire("CanaryRests")
    world.settle()
    assert issue["state"] == "closed"


def check_secrets(world):
    """no secret stands in an environment or in a log"""
    secrets = [world.github.token, world.slack.token, SIGNING_SECRET, WEBHOOK_SECRET, ROUTING_KEY]
    for name, function in world.bridge.functions.items():
        shown = json.dumps(function.template_env) + "\n".join(world.bridge.logs(name))
        assert not [secret for secret in secrets if secret in shown], name


def check_rights(world):
    """nothing was refused, and nothing gave up"""
    report = world.bridge.report()
    assert report["iam_missing"] == [], report["iam_missing"]
    serious = [one for one in report["findings"] if one["level"] in ("error", "warn")]
    assert serious == [], serious
    assert report["lost_async_events"] == []
    for queue in ("UrgentDeadLetters", "AlarmsDeadLetters"):
        assert world.bridge.queue(queue)["visible"] == 0, queue


CHECKS = [
    check_life,
    check_strangers,
    check_webhook,
    check_page,
    check_unreadable,
    check_clock,
    check_canary,
    check_secrets,
    check_rights,
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    arguments.add_argument("--bridge", type=Path, default=ROOT.parent / "shared" / "stack")
    arguments = arguments.parse_args()
    if not (arguments.bridge / "bridge").is_dir():
        print(f"skipped: there is no bridge in {arguments.bridge.name} beside the checkout")
        return 0
    for name in ("Incoming", "Triage"):
        if not (arguments.build / name / "bootstrap").is_file():
            sys.exit(f"{name}/bootstrap is not in the build; run sam build first")
    sys.path.insert(0, str(arguments.bridge))
    from bridge import Bridge

    class Stack(Bridge):
        """The bridge, with the one thing left out that moto cannot take."""

        def cfn(self):
            source, plain = super().cfn()
            # moto 5.2.5 wants other names in them than CloudFormation, and makes no key.
            del plain["Resources"]["Key"]["Properties"]["Tags"]
            return source, plain

    # Whoever ends this run ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    world, failed = World(Stack, arguments.build), 0
    try:
        for check in CHECKS:
            try:
                check(world)
                print(f"ok     {check.__doc__}", flush=True)
            except (AssertionError, KeyError, IndexError, ValueError):
                failed += 1
                print(f"FAILED {check.__doc__}\n{traceback.format_exc()}", flush=True)
        if failed:
            for name in world.bridge.functions:
                print(f"--- {name} wrote:", *world.bridge.logs(name), sep="\n")
        report = world.bridge.report()
    finally:
        world.stop()
    print(f"cold starts in ms: {report['cold_start_ms']}; memory at its peak in MB: {report['peak_memory_mb']}")
    print(f"{len(CHECKS) - failed} passed, {failed} failed, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
