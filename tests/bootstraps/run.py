"""Both functions and the command as plain processes, held against stand-ins that share no code with Dispatch.

    python run.py [--build FOLDER] [--command FILE]

FOLDER holds `Incoming/bootstrap` and `Triage/bootstrap`; without it, those of `sam build` are taken. FILE is
`dispatch`; without it, that of the debug build is taken.
"""

import argparse
import json
import signal
import subprocess
import sys
import time
import traceback
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

import events  # noqa: E402
import messages  # noqa: E402
from cloud import CREDENTIALS, Cloud  # noqa: E402
from functions import Failed, Function  # noqa: E402
from vendors import GitHub, PagerDuty, Slack  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]
SIGNING_SECRET = "signed-by-the-test-only"
ROUTING_KEY = "0123456789abcdef0123456789abcdef"
#: What Slack is promised; Slack itself gives up at three seconds.
ACKNOWLEDGED_S = 2.0
EMPTY_BATCH = [None, []]


class World:
    """Everything that runs: the clouds, the vendors, the two functions."""

    def __init__(self, build, command):
        self.command = command
        self._running = []
        self.cloud = self._keep(Cloud())
        self.github = self._keep(GitHub("ghp_taken-by-the-stand-in-only"))
        self.slack = self._keep(Slack("xoxb-taken-by-the-stand-in-only"))
        self.pagerduty = self._keep(PagerDuty("taken-by-the-stand-in-only"))
        secure = self.cloud.secure
        self.settings = {
            "GITHUB_OWNER": "example-org",
            "GITHUB_REPO": "alarms",
            "GITHUB_TOKEN": secure(self.github.token),
            "GITHUB_DEFAULT_USER": "sam",
            "GITHUB_API_URL": self.github.url,
            "SLACK_BOT_TOKEN": secure(self.slack.token),
            "SLACK_SIGNING_SECRET": secure(SIGNING_SECRET),
            "SLACK_DEFAULT_CHANNEL": "#security",
            "SLACK_API_URL": f"{self.slack.url}/api",
            "PAGERDUTY_ROUTING_KEY": secure(ROUTING_KEY),
            "PAGERDUTY_API_KEY": secure(self.pagerduty.key),
            "PAGERDUTY_SERVICE_ID": "PABC123",
            "PAGERDUTY_FROM_ADDRESS": "dispatch@example.com",
            "PAGERDUTY_API_URL": self.pagerduty.url,
            "PAGERDUTY_EVENTS_URL": self.pagerduty.url,
            "DISPATCH_STORE_URL": f"s3://{self.cloud.bucket}",
            "DISPATCH_TOPIC_ARN": self.cloud.topic,
            "DISPATCH_ANSWER_TIMEOUT": "PT4H",
            "AWS_ENDPOINT_URL": self.cloud.url,
        }
        self.build = build
        self.incoming = self.start("incoming", self.settings)
        self.triage = self.start("triage", self.settings)

    def _keep(self, running):
        self._running.append(running)
        return running

    def start(self, name, settings):
        time_s = 60 if name == "incoming" else 10
        return self._keep(Function(name, bootstrap(self.build, name), settings, time_s))

    def stop(self):
        for running in reversed(self._running):
            running.stop()

    def deliver(self, *bodies):
        """Gives bodies to `incoming` as one batch, and wants all of them to succeed."""
        answer, _ = self.incoming.invoke(events.batch(*bodies))
        failures = answer.get("batchItemFailures") if isinstance(answer, dict) else answer
        assert failures in EMPTY_BATCH, f"{answer}\n{self.incoming.log()}"

    def publish(self, *published):
        self.deliver(*[events.envelope(message) for message in published])

    def redrive(self, *arguments):
        """Runs `dispatch redrive`; the exit code and the objects that it printed."""
        names = ["DISPATCH_STORE_URL", "DISPATCH_TOPIC_ARN", "AWS_ENDPOINT_URL"]
        done = subprocess.run(
            [str(self.command), "redrive", "--json", *arguments],
            env={**CREDENTIALS, **{name: self.settings[name] for name in names}},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60,
        )
        assert done.stderr == "", done.stderr
        return done.returncode, [json.loads(line) for line in done.stdout.splitlines()]

    def question(self, text):
        """The one message with buttons that holds this text."""
        asked = [message for message in self.slack.messages(text) if buttons(message)]
        assert len(asked) == 1, f"{len(asked)} questions hold {text!r}"
        return asked[0]

    def press(self, question, user, action, **changes):
        """Presses a button, as Slack tells triage. Gives the status and the seconds."""
        handle = self.slack.people[user]
        respond = f"{self.slack.url}/actions/T0EXAMPLE/1/abc"
        form = events.click(question, user, handle, action, respond)
        answer, seconds = self.triage.invoke(events.request(form, SIGNING_SECRET, **changes))
        return answer["statusCode"], seconds

    def effects(self):
        """How much the vendors were asked to change so far."""
        writes = [
            call
            for vendor in (self.github, self.slack, self.pagerduty)
            for call in vendor.calls()
            if call.method != "GET"
        ]
        return len(writes)


def bootstrap(build, name):
    """Where `sam build` leaves a function's program: below the name that the template gives the function."""
    return build / name.title() / "bootstrap"


def buttons(message):
    blocks = message.get("blocks") or []
    return [element for block in blocks if block["type"] == "actions" for element in block["elements"]]


def updates_of(world, question):
    place = question["(answered)"]
    updates = [call.body for call in world.slack.calls("POST", "/chat.update")]
    return [update for update in updates if (update["channel"], update["ts"]) == (place["channel"], place["ts"])]


def eventually(what, wait_s=20):
    """Waits until `what()` is true; Dispatch works on when triage has answered only through incoming."""
    give_up = time.monotonic() + wait_s
    while not what():
        assert time.monotonic() < give_up, "it did not come to pass"
        time.sleep(0.05)


def check_every_type(world):
    """one batch of all five types goes where each belongs"""
    world.publish(
        messages.asking("self-service", "Types: jane signed in", "jane"),
        messages.asking("broadcast", "Types: rotate your keys", "jane", "joe"),
        messages.page("Types: database is gone"),
        messages.log("Types: a key is old"),
        messages.nag("Types: disk is full", "U0JOE", "U0ALEX"),
    )
    titles = [call.body["title"] for call in world.github.calls("POST", "/issues")]
    assert sorted(title for title in titles if title.startswith("Types")) == [
        "Types: a key is old",
        "Types: disk is full",
        "Types: jane signed in",
        "Types: rotate your keys",
    ], titles
    assert {page["payload"]["summary"] for page in world.pagerduty.pages()} == {"Types: database is gone"}
    question = world.question("Types: jane signed in")
    assert question["channel"] == "U0JANE", question["channel"]
    assert [button["action_id"] for button in buttons(question)] == ["yes", "no"]
    assert buttons(question)[1]["style"] == "danger"
    assert world.github.issue("Types: jane signed in")["html_url"] in json.dumps(question)
    asked = {message["channel"] for message in world.slack.messages("Types: rotate your keys")}
    assert asked == {"U0JANE", "U0JOE"}, asked
    told = world.slack.messages("Types: disk is full")
    assert {message["channel"] for message in told} == {"U0JOE", "U0ALEX"}
    assert not any(buttons(message) for message in told)
    assert "hygiene" in [label["name"] for label in world.github.issue("Types: a key is old")["labels"]]
    assert world.slack.messages("Types: a key is old") == []


def check_named_service(world):
    """a page to a service that the message names goes there by REST"""
    world.publish(messages.page("Named: cache is gone", "PDEF456"))
    created = [call for call in world.pagerduty.calls("POST", "/incidents")]
    incident = next(call for call in created if "Named" in call.body["incident"]["title"])
    assert incident.body["incident"]["service"] == {"id": "PDEF456", "type": "service_reference"}
    assert incident.headers["from"] == "dispatch@example.com"
    before = world.effects()
    world.publish(messages.page("Named: cache is gone", "PDEF456"))
    assert world.effects() == before + 1, "an incident that is open already is success, not a second page"


def check_again(world):
    """a message that is delivered twice is one issue and one question"""
    body = events.envelope(messages.asking("self-service", "Again: jane signed in", "jane"))
    world.deliver(body)
    before = world.effects()
    world.deliver(body)
    world.deliver(body, body)
    world.question("Again: jane signed in")
    world.github.issue("Again: jane signed in")
    assert world.effects() == before


def check_together(world):
    """two processes that get one alarm at the same time make one issue and one question"""
    other = world.start("incoming", world.settings)
    for turn in range(5):
        title = f"Together: turn {turn}"
        body = events.envelope(messages.asking("self-service", title, "jane"))
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(lambda function: function.invoke(events.batch(body)), [world.incoming, other]))
        # Whoever came second may have stepped back: its message comes again, and finds all done.
        world.deliver(body)
        world.question(title)
        world.github.issue(title)


def check_unreadable(world):
    """what cannot be read becomes an issue and holds up no neighbour"""
    world.deliver(events.envelope("the disk of build-7 is full"), events.envelope(messages.log("Unreadable: neighbour")))
    world.github.issue("Unreadable: neighbour")
    bodies = [call.body.get("body") or "" for call in world.github.calls("POST", "/issues")]
    assert any("the disk of build-7 is full" in body for body in bodies)


def check_direct(world):
    """records that come from SNS without a queue are handled alike"""
    first, second = messages.log("Direct: one"), messages.log("Direct: two")
    world.incoming.invoke(events.direct(first, second))
    world.github.issue("Direct: one")
    world.github.issue("Direct: two")


def check_yes(world):
    """a yes is acknowledged in time, told on the issue, and closes it"""
    world.publish(messages.asking("self-service", "Yes: jane signed in", "jane"))
    question, issue = world.question("Yes: jane signed in"), world.github.issue("Yes: jane signed in")
    pages = len(world.pagerduty.pages())
    status, seconds = world.press(question, "U0JANE", "yes")
    assert status == 200 and seconds < ACKNOWLEDGED_S, (status, seconds)
    finish(world)
    assert (issue["state"], issue["state_reason"]) == ("closed", "completed")
    said = "\n".join(world.github.said_on(issue))
    assert "jane" in said and "yes" in said.lower(), said
    update = updates_of(world, question)[-1]
    assert not buttons(update) and "Good to hear." in json.dumps(update)
    assert len(world.pagerduty.pages()) == pages
    before = world.effects()
    assert world.press(question, "U0JANE", "no")[0] == 200
    finish(world)
    assert len(world.pagerduty.pages()) == pages, "the first answer stands"
    assert issue["state"] == "closed"
    assert world.effects() == before + 1, "whoever clicks again is told so, and nothing else happens"


def check_no(world):
    """a no pages once, links the page on the issue, and leaves it open"""
    world.publish(messages.asking("self-service", "No: jane signed in", "jane"))
    question, issue = world.question("No: jane signed in"), world.github.issue("No: jane signed in")
    pages = len(world.pagerduty.pages())
    status, seconds = world.press(question, "U0JANE", "no")
    assert status == 200 and seconds < ACKNOWLEDGED_S, (status, seconds)
    finish(world)
    new = world.pagerduty.pages()[pages:]
    assert len(new) == 1 and issue["html_url"] in json.dumps(new[0]), new
    assert issue["state"] == "open"
    said = "\n".join(world.github.said_on(issue))
    assert "PagerDuty" in said and "jane" in said, said
    update = updates_of(world, question)[-1]
    assert not buttons(update) and "Somebody will look at it." in json.dumps(update)


def check_others(world):
    """only the person asked may answer"""
    world.publish(messages.asking("self-service", "Others: jane signed in", "jane"))
    question, issue = world.question("Others: jane signed in"), world.github.issue("Others: jane signed in")
    pages, updates = len(world.pagerduty.pages()), len(updates_of(world, question))
    assert world.press(question, "U0JOE", "no")[0] == 200
    finish(world)
    assert len(world.pagerduty.pages()) == pages and issue["state"] == "open"
    assert len(updates_of(world, question)) == updates and world.github.said_on(issue) == []


def check_signature(world):
    """a click that Slack did not sign, or signed long ago, changes nothing"""
    world.publish(messages.asking("self-service", "Signature: jane signed in", "jane"))
    question = world.question("Signature: jane signed in")
    before, journals = world.effects(), world.cloud.journals()
    wrong = [
        {"x_slack_signature": "v0=" + "0" * 64},
        {"x_slack_signature": None},
        {"x_slack_request_timestamp": None},
        {"at": time.time() - 301},
        {"at": time.time() + 301},
    ]
    for changes in wrong:
        status, _ = world.press(question, "U0JANE", "no", **changes)
        assert status == 401, (changes, status)
    assert world.effects() == before and world.cloud.journals() == journals


def check_hanging(world):
    """while GitHub hangs, the click is acknowledged in time and finished later through the topic"""
    world.publish(messages.asking("self-service", "Hanging: jane signed in", "jane"))
    question, issue = world.question("Hanging: jane signed in"), world.github.issue("Hanging: jane signed in")
    world.cloud.published(0)
    world.github.hang()
    try:
        status, seconds = world.press(question, "U0JANE", "yes")
        assert status == 200 and seconds < ACKNOWLEDGED_S, (status, seconds)
        handed_on = world.cloud.published(10)
        assert len(handed_on) == 1, handed_on
    finally:
        world.github.recover()
    eventually(lambda: tried(world, handed_on[0]) and issue["state"] == "closed", wait_s=60)
    said = [text for text in world.github.said_on(issue) if "yes" in text.lower()]
    assert len(said) == 1, said


def check_redrive(world):
    """dead letters are shown with their reason, and sent again they do nothing twice"""
    asking = json.dumps(messages.asking("self-service", "Redrive: jane signed in", "jane"))
    lost = world.cloud.lose(asking)
    name = json.loads(lost["Body"])["MessageId"]
    world.cloud.write_loss(name, "the disk was full")
    # The function had done all of it; only that it had was lost.
    world.deliver(lost["Body"])
    bare = world.cloud.lose(json.dumps(messages.log("Redrive: a bare one")), through_topic=False)
    before = world.effects()
    for _ in range(2):
        code, listed = world.redrive("--list")
        shown = {letter["message"]: letter for letter in listed}
        assert (code, set(shown)) == (0, {name, bare["MessageId"]}), listed
        assert shown[name]["title"] == "Redrive: jane signed in" and shown[name]["queue"] == "alarms"
        assert shown[name]["why"]["reason"] == "the disk was full"
        assert "not_kept" in shown[bare["MessageId"]]["why"]
    code, sent = world.redrive()
    assert (code, [letter["outcome"] for letter in sent]) == (0, ["sent", "sent"]), sent
    bodies = world.cloud.published(10)
    assert lost["Body"] in bodies and len(bodies) == 2, bodies
    for _ in range(2):
        world.deliver(*bodies)
    assert world.effects() == before + 1, "only the bare one's issue was left to do"
    assert bare["MessageId"] in next(body for body in bodies if body != lost["Body"])
    world.question("Redrive: jane signed in")
    world.github.issue("Redrive: a bare one")
    assert world.redrive() == (0, [])


def tried(world, body):
    """Delivers a message until it is taken: a step that was cut short is left alone for as long as its lease lasts."""
    answer, _ = world.incoming.invoke(events.batch(body))
    if answer["batchItemFailures"] in EMPTY_BATCH:
        return True
    time.sleep(1)
    return False


def finish(world):
    """Delivers what triage handed on, if it did."""
    for body in world.cloud.published(0):
        world.deliver(body)


def check_settings(world):
    """wrong and missing settings stop the start, all of them named"""
    settings = {**world.settings, "DISPATCH_STORE_URL": "ftp://journals", "GITHUB_REPO": ""}
    del settings["SLACK_SIGNING_SECRET"]
    code, log = world.start("triage", settings).ended(wait_s=30)
    assert code != 0
    for name in ("DISPATCH_STORE_URL", "GITHUB_REPO", "SLACK_SIGNING_SECRET"):
        assert name in log, log


def check_secrets(world):
    """neither function writes a secret"""
    secrets = [world.github.token, world.slack.token, world.pagerduty.key, SIGNING_SECRET, ROUTING_KEY]
    for function in (world.incoming, world.triage):
        written = [secret for secret in secrets if secret in function.log()]
        assert not written, f"{function.name} wrote {written}"


def check_version(world):
    """each function says at its start which version it is"""
    for function in (world.incoming, world.triage):
        lines = function.log().splitlines()
        assert any('"message":"started"' in line and '"version":"' in line for line in lines), function.log()


CHECKS = [
    check_every_type,
    check_named_service,
    check_again,
    check_together,
    check_unreadable,
    check_direct,
    check_yes,
    check_no,
    check_others,
    check_signature,
    check_hanging,
    check_redrive,
    check_settings,
    check_secrets,
    check_version,
]


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    arguments.add_argument("--command", type=Path, default=ROOT / "target" / "debug" / "dispatch")
    arguments = arguments.parse_args()
    build, command = arguments.build.resolve(), arguments.command.resolve()
    for binary in (bootstrap(build, "incoming"), bootstrap(build, "triage"), command):
        if not binary.exists():
            sys.exit(f"{binary} is not there; build it first")
    # Whoever ends this run ends what it started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    world = World(build, command)
    failed = 0
    try:
        for check in CHECKS:
            try:
                check(world)
                print(f"ok     {check.__doc__}", flush=True)
            except (AssertionError, Failed, KeyError, IndexError, StopIteration):
                failed += 1
                print(f"FAILED {check.__doc__}\n{traceback.format_exc()}", flush=True)
        if failed:
            print(f"--- incoming wrote:\n{world.incoming.log()}\n--- triage wrote:\n{world.triage.log()}")
    finally:
        world.stop()
    print(f"{len(CHECKS) - failed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
