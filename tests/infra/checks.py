"""What must hold of the template: each check takes it and fails by an assertion."""

import json
import re

import program
from template import as_list, names_in

CLEAR = ["xoxb-1-2-abc", "ghp_0123456789", "-----BEGIN RSA PRIVATE KEY-----", "0" * 32, "secure:", "ssm:", " "]
REFERENCES = [
    "secure:AQICAHh/+w==",
    "ssm:/dispatch/slack-bot-token",
    "ssm:arn:aws:ssm:eu-central-1:123456789012:parameter/dispatch/slack-bot-token",
    "secretsmanager:dispatch/slack",
    "secretsmanager:dispatch/slack#bot_token",
    "secretsmanager:arn:aws:secretsmanager:eu-central-1:123456789012:secret:dispatch/slack-AbCdEf#bot_token",
]
#: What a secret is that is not given.
NOTHING = "none"
BOTH = {"Incoming", "Triage"}
#: Which function makes which call, and the rights that it takes. Publishing to an encrypted topic takes its key.
CALLS = {
    "kms Decrypt": (BOTH, {"kms:Decrypt"}),
    "secretsmanager GetSecretValue": (BOTH, {"secretsmanager:GetSecretValue"}),
    "ssm GetParameters": (BOTH, {"ssm:GetParameters"}),
    "sns Publish": (BOTH, {"sns:Publish", "kms:GenerateDataKey", "kms:Decrypt"}),
    # Of the command alone, with the rights of whoever calls it.
    "kms Encrypt": (set(), set()),
    "sns GetTopicAttributes": (set(), set()),
    "sns ListSubscriptionsByTopic": (set(), set()),
    "sqs ChangeMessageVisibility": (set(), set()),
    "sqs DeleteMessage": (set(), set()),
    "sqs GetQueueAttributes": (set(), set()),
    "sqs GetQueueUrl": (set(), set()),
    "sqs ReceiveMessage": (set(), set()),
    "sqs SendMessage": (set(), set()),
}
#: Only the clock removes anything.
STORE = {"s3:GetObject": BOTH, "s3:PutObject": BOTH, "s3:ListBucket": BOTH, "s3:DeleteObject": {"Incoming"}}
#: What Lambda itself does in a function's name.
LAMBDA = {"logs:CreateLogStream": BOTH, "logs:PutLogEvents": BOTH}
LAMBDA |= {f"sqs:{call}": {"Incoming"} for call in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")}
#: Of Dispatch's own metrics, those that have dimensions beside none.
DIMENSIONS = {"Failures": {"Vendor", "Kind"}}
NAMESPACE = {"Fn::Sub": "Dispatch/${AWS::StackName}"}


def environment(template):
    """both functions are given exactly the settings of README"""
    given = template.source["Globals"]["Function"]["Environment"]["Variables"]
    for name, function in template.of_type("AWS::Lambda::Function").items():
        variables = set(function["Environment"]["Variables"])
        assert variables == program.settings(), (name, variables ^ program.settings())
    assert given["DISPATCH_METRICS_NAMESPACE"] == NAMESPACE
    assert "Api" not in names_in(given), "the address would have to be there before the functions that it leads to"


def secrets(template):
    """a secret is a reference that nobody is shown, and never clear text"""
    variables = template.source["Globals"]["Function"]["Environment"]["Variables"]
    secret = program.secret_settings()
    assert len(secret) >= 8, secret
    for name in secret:
        parameter = template.source["Parameters"][given_by(variables[name])]
        assert parameter.get("NoEcho") is True, f"{name} is shown"
        pattern = re.compile(parameter["AllowedPattern"])
        taken = [text for text in CLEAR if pattern.fullmatch(text)]
        assert not taken, f"{name} takes {taken}"
        refused = [text for text in REFERENCES if not pattern.fullmatch(text)]
        assert not refused, f"{name} refuses {refused}"
    hidden = {name: spec for name, spec in template.source["Parameters"].items() if spec.get("NoEcho")}
    for name, spec in hidden.items():
        # `sam deploy --guided` asks for a hidden value until it gets one, so nothing must be a word.
        assert spec.get("Default", NOTHING) == NOTHING, f"{name} has the default {spec['Default']!r}"
        assert bool(re.fullmatch(spec["AllowedPattern"], NOTHING)) == ("Default" in spec), f"{name} cannot be left out"
        assert not re.fullmatch(spec["AllowedPattern"], ""), f"{name} may be empty"
    told = [output for output in template.source["Outputs"].values() if names_in(output) & set(hidden)]
    assert not told, told


def given_by(value):
    """The parameter that a setting comes from; one that may be left out is empty then."""
    match value:
        case {"Ref": name}:
            return name
        case {"Fn::If": [condition, {"Ref": name}, ""]} if condition == f"Has{name}":
            return name
    raise AssertionError(f"{value} is not a parameter")


def rights(template):
    """each function may do what its code does, and nothing else"""
    assert program.calls() == set(CALLS), program.calls() ^ set(CALLS)
    assert program.store_rights() == set(STORE), program.store_rights() ^ set(STORE)
    for function in BOTH:
        wanted = {right for makers, taken in CALLS.values() for right in taken if function in makers}
        wanted |= {right for right, makers in (STORE | LAMBDA).items() if function in makers}
        found = {action for statement in statements(template, function) for action in as_list(statement["Action"])}
        assert found == wanted, (function, found ^ wanted)
        # Decrypting settings is one thing, and reading journals another: their keys may be two.
        (own,) = [one for one in statements(template, function) if "kms:GenerateDataKey" in as_list(one["Action"])]
        assert set(own["Action"]) == {"kms:Decrypt", "kms:GenerateDataKey"} and names_in(own["Resource"]) == {"Key"}


def statements(template, function):
    """What a function's role allows, of each statement every form that conditions may give it."""
    role = template.properties(names_in(template.properties(function)["Role"]).pop())
    policies = [policy["PolicyDocument"] for policy in role.get("Policies", [])]
    for managed in role.get("ManagedPolicyArns", []):
        assert "Ref" in managed, f"{managed} is not of this template"
        policies.append(template.properties(managed["Ref"])["PolicyDocument"])
    found = [form for policy in policies for statement in policy["Statement"] for form in forms(statement)]
    assert all(statement["Effect"] == "Allow" for statement in found)
    return found


def forms(node):
    match node:
        case {"Fn::If": [_, one, other]}:
            return [form for inner in (one, other) for form in forms(inner)]
        case {"Ref": "AWS::NoValue"}:
            return []
        case _:
            return [node]


def resources(template):
    """every right names what it is for"""
    keys = {"kms:Decrypt"}
    for function in BOTH:
        for statement in statements(template, function):
            for resource in as_list(statement["Resource"]):
                text = resource.get("Fn::Sub", "") if isinstance(resource, dict) else resource
                text = text[0] if isinstance(text, list) else text
                assert text != "*" and names_in(resource), f"{function}: {statement} is for anything"
                if text.endswith("key/*"):
                    assert set(as_list(statement["Action"])) == keys and statement["Condition"], statement
                elif "*" in text:
                    assert re.fullmatch(r"[^*]*\}(/|/\w+/)?\*", text), f"{function}: {text}"
    removal = [one for one in statements(template, "Incoming") if "s3:DeleteObject" in as_list(one["Action"])]
    assert [one["Resource"] for one in removal] == [{"Fn::Sub": f"${{Journals.Arn}}/{program.timers()}*"}], removal


def mappings(template):
    """what one message fails at holds up no other, and comes again in time"""
    sources = template.of_type("AWS::Lambda::EventSourceMapping")
    assert len(sources) == 2, list(sources)
    for name, source in sources.items():
        queue = template.properties(names_in(source["EventSourceArn"]).pop())
        function = template.properties(names_in(source["FunctionName"]).pop())
        window = source.get("MaximumBatchingWindowInSeconds", 0)
        least = 6 * function["Timeout"] + window
        assert queue["VisibilityTimeout"] >= least, f"{name}: {queue['VisibilityTimeout']} s, at least {least} s"
        assert source["FunctionResponseTypes"] == ["ReportBatchItemFailures"], name
        assert source["BatchSize"] <= 10, f"{name}: more at once needs a window, and more than a run has time for"
    at_once = sum(source["ScalingConfig"]["MaximumConcurrency"] for source in sources.values())
    pattern = template.source["Parameters"]["ReservedConcurrency"]["AllowedPattern"]
    # The queues at their most, a tick of the clock, and one to spare.
    assert re.fullmatch(pattern, str(at_once + 2)) and not re.fullmatch(pattern, str(at_once + 1)), at_once


def redrive(template):
    """whatever feeds a function gives up into dead letters that keep for longer"""
    sources = template.of_type("AWS::Lambda::EventSourceMapping").values()
    fed = {names_in(source["EventSourceArn"]).pop() for source in sources}
    variables = template.source["Globals"]["Function"]["Environment"]["Variables"]
    for name in fed:
        queue = template.properties(name)
        policy = queue["RedrivePolicy"]
        assert policy["maxReceiveCount"] == variables["DISPATCH_MAX_RECEIVE_COUNT"], name
        assert template.value(policy["maxReceiveCount"]) >= 3, "two deliveries are the last resort's"
        dead = template.properties(dead_letters(policy))
        assert dead["MessageRetentionPeriod"] > queue["MessageRetentionPeriod"], name
    for name, subscription in template.of_type("AWS::SNS::Subscription").items():
        if subscription["Protocol"] == "sqs":
            queue = template.properties(names_in(subscription["Endpoint"]).pop())
            assert dead_letters(subscription["RedrivePolicy"]) == dead_letters(queue["RedrivePolicy"]), name


def dead_letters(policy):
    return names_in(policy["deadLetterTargetArn"]).pop()


def watched(template):
    """an alarm watches each queue, its dead letters, each function, the address and the clock"""
    looked_at = list(measured(template.of_type("AWS::CloudWatch::Alarm").values()))

    def watches(name, metric):
        return any(name in names_in(one.get("Dimensions", [])) and one["MetricName"] == metric for one in looked_at)

    for queue in template.of_type("AWS::SQS::Queue").values():
        if "RedrivePolicy" in queue:
            assert watches(dead_letters(queue["RedrivePolicy"]), "ApproximateNumberOfMessagesVisible"), queue
    for name, queue in template.of_type("AWS::SQS::Queue").items():
        assert "RedrivePolicy" not in queue or watches(name, "ApproximateAgeOfOldestMessage"), name
    for name in template.of_type("AWS::Lambda::Function"):
        assert watches(name, "Errors") and watches(name, "Throttles"), name
    assert watches("Api", "5xx")
    own = {alarm["MetricName"]: alarm for alarm in template.of_type("AWS::CloudWatch::Alarm").values() if is_own(alarm)}
    assert {"Ticks", "Unauthorized", "Told"} <= set(own), set(own)
    assert own["Ticks"]["TreatMissingData"] == own["Told"]["TreatMissingData"] == "breaching", "silence must be heard"


def measured(alarms):
    """The metrics of alarms, also of those that reckon with several."""
    for alarm in alarms:
        if "MetricName" in alarm:
            yield alarm
        for metric in alarm.get("Metrics", []):
            if "MetricStat" in metric:
                assert metric["Id"] in alarm["Metrics"][0]["Expression"], f"{metric['Id']} is not looked at"
                yield metric["MetricStat"]["Metric"]


def is_own(metric):
    return metric.get("Namespace") == NAMESPACE


def alarms(template):
    """every alarm says what to do, and tells people by a topic that Dispatch does not read"""
    for name, alarm in template.of_type("AWS::CloudWatch::Alarm").items():
        assert len(alarm["AlarmDescription"]) > 40, name
        assert alarm["AlarmActions"] == alarm["OKActions"] == [{"Ref": "ServiceAlarms"}], name
    subscriptions = template.of_type("AWS::SNS::Subscription").values()
    told = {one["Protocol"] for one in subscriptions if one["TopicArn"] == {"Ref": "ServiceAlarms"}}
    assert told == {"email", "https"}, told


def metrics(template):
    """alarms and dashboard look at metrics that there are"""
    for alarm in measured(template.of_type("AWS::CloudWatch::Alarm").values()):
        if is_own(alarm):
            assert alarm["MetricName"] in program.metrics() and "Dimensions" not in alarm, alarm
    (board,) = template.of_type("AWS::CloudWatch::Dashboard").values()
    widgets = json.loads(re.sub(r"\$\{[^}]*\}", "x", board["DashboardBody"]["Fn::Sub"]))["widgets"]
    shown = [line for widget in widgets for line in widget["properties"]["metrics"]]
    own = {line[1] for line in shown if line[0] == "Dispatch/x"}
    searched = [re.findall(r'\{"Dispatch/x",([\w,]+)\} MetricName="(\w+)"', line[0]["expression"])
                for line in shown if isinstance(line[0], dict)]
    for ((dimensions, name),) in searched:
        assert set(dimensions.split(",")) == DIMENSIONS[name], name
        own.add(name)
    assert own == program.metrics(), own ^ program.metrics()
    places = [{(x, y) for x in range(widget["x"], widget["x"] + widget["width"])
               for y in range(widget["y"], widget["y"] + widget["height"])} for widget in widgets]
    assert sum(map(len, places)) == len(set().union(*places)), "widgets lie over one another"
    assert max(x for place in places for x, _ in place) < 24


def ways_in(template):
    """pages have a queue of their own, and everything else comes through the other, whatever it is"""
    found = {names_in(one["Endpoint"]).pop(): one for one in template.of_type("AWS::SNS::Subscription").values()
             if one["Protocol"] == "sqs"}
    assert set(found) == {"UrgentQueue", "AlarmsQueue"}, set(found)
    assert "FilterPolicy" not in found["AlarmsQueue"], "a filter drops what is not JSON"
    assert found["UrgentQueue"]["FilterPolicyScope"] == "MessageBody"
    known = [{"equals-ignore-case": name} for name in program.paging_types()]
    assert found["UrgentQueue"]["FilterPolicy"] == {"type": known}, known
    assert not any(one.get("RawMessageDelivery") for one in found.values()), "the id of a publication would be lost"
    sending = [statement for policy in template.of_type("AWS::SQS::QueuePolicy").values()
               for statement in policy["PolicyDocument"]["Statement"] if statement["Effect"] == "Allow"]
    let_in = set()
    for statement in sending:
        assert statement["Principal"] == {"Service": "sns.amazonaws.com"} and statement["Action"] == "sqs:SendMessage"
        assert statement["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Ref": "Topic"}}}, statement
        let_in |= names_in(statement["Resource"])
    assert let_in == set(template.of_type("AWS::SQS::Queue")), let_in


CHECKS = [environment, secrets, rights, resources, mappings, redrive, watched, alarms, metrics, ways_in]
