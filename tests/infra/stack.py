"""Whole lives through the template: its stack in moto, and the built programs with the settings and rights it gives.

    python stack.py --build FOLDER [--bridge FOLDER]

FOLDER holds `Incoming/bootstrap` and `Triage/bootstrap`, as `sam build` leaves them. The other is that of the bridge,
which creates the stack and plays Lambda; it lies beside the checkout. Where it does not, nothing is run.
"""

import argparse
import hashlib
import hmac
import json
import signal
import sys
import tempfile
import time
import traceback
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

import program  # noqa: E402
from template import ROOT, TEMPLATE  # noqa: E402
from world import ROUTING_KEY, SIGNING_SECRET, WEBHOOK_SECRET, World  # noqa: E402

import messages  # noqa: E402  (where world looks for it, too)


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
    left = world.objects(program.timers())
    assert due not in left, "what is due was not woken"
    assert timer in left, "what is not due was woken"
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


def check_without_right(world):
    """where a right is missing, somebody is paged, and the message is kept"""
    world.publish(messages.asking("self-service", "Without: jane signed in", "jane"))
    refused = world.bridge.report()["iam_missing"]
    assert refused and all("s3:PutObject" in one for one in refused), refused
    assert world.slack.messages("Without: jane signed in") == []
    # In both of the last two deliveries, which takes the function and the queue to agree which they are.
    pages = [page for page in world.pagerduty.pages() if "Without: jane signed in" in json.dumps(page)]
    assert len({page["dedup_key"] for page in pages}) == 1 and len(pages) == 2, pages
    (dead,) = world.bridge.receive("AlarmsDeadLetters")
    assert "Without: jane signed in" in dead["Body"]


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


def play(make_bridge, build, checks, template=TEMPLATE):
    """Runs checks in a stack of their own; returns how many fail."""
    world, failed = World(make_bridge, build, template), 0
    try:
        for check in checks:
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
        print(f"       cold starts in ms: {report['cold_start_ms']}; most memory in MB: {report['peak_memory_mb']}")
    finally:
        world.stop()
    return failed


def without(folder, right):
    """A copy of the template that lacks a right."""
    text = TEMPLATE.read_text()
    assert f", {right}]" in text, f"the template allows no {right}"
    copy = Path(folder) / "template.yaml"
    copy.write_text(text.replace(f", {right}]", "]", 1))
    return copy


def make_bridge():
    """The bridge, with the one thing left out that moto cannot take. Its folder must be among Python's by now."""
    from bridge import Bridge

    class Stack(Bridge):
        def cfn(self):
            source, plain = super().cfn()
            # moto 5.2.5 wants other names in them than CloudFormation, and makes no key.
            del plain["Resources"]["Key"]["Properties"]["Tags"]
            return source, plain

    return Stack


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    arguments.add_argument("--bridge", type=Path, default=ROOT.parent / "shared" / "stack")
    arguments = arguments.parse_args()
    if not (arguments.bridge / "bridge").is_dir():
        print("skipped: the bridge, which plays AWS, does not lie beside the checkout")
        return 0
    for name in ("Incoming", "Triage"):
        if not (arguments.build / name / "bootstrap").is_file():
            sys.exit(f"{name}/bootstrap is not in the build; run sam build first")
    sys.path.insert(0, str(arguments.bridge))
    Stack = make_bridge()
    # Whoever ends this run ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    failed = play(Stack, arguments.build, CHECKS)
    with tempfile.TemporaryDirectory() as folder:
        failed += play(Stack, arguments.build, [check_without_right], without(folder, "s3:PutObject"))
    print(f"{len(CHECKS) + 1 - failed} passed, {failed} failed, in {time.monotonic() - began:.0f} s")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
