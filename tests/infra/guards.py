"""More of what must hold of the template: encryption, logs, the clock, the canary, and what is kept for how long."""

import json
import re

import jsonschema

import program
from checks import CHECKS as WIRING
from documents import CHECKS as DOCUMENTS
from template import ROOT, as_list, names_in

#: Kinds of resources that cost something and can carry tags.
TAGGED = (
    "AWS::ApiGatewayV2::Stage", "AWS::IAM::Role", "AWS::KMS::Key", "AWS::Lambda::Function", "AWS::Logs::LogGroup",
    "AWS::S3::Bucket", "AWS::SNS::Topic", "AWS::SQS::Queue",
)
#: What a policy is called that lets or keeps somebody out of a resource.
GUARDED = {
    "AWS::S3::Bucket": ("AWS::S3::BucketPolicy", "Bucket", "s3:*"),
    "AWS::SNS::Topic": ("AWS::SNS::TopicPolicy", "Topics", "sns:Publish"),
    "AWS::SQS::Queue": ("AWS::SQS::QueuePolicy", "Queues", "sqs:*"),
}
#: Services that do not say on whose behalf they come.
SILENT = {"events.amazonaws.com"}


def binaries(template):
    """each function is built from the program that its name says"""
    for name, resource in template.source["Resources"].items():
        if resource["Type"] == "AWS::Serverless::Function":
            binary = resource["Metadata"]["BuildProperties"]["Binary"]
            assert resource["Metadata"]["BuildMethod"] == "rust-cargolambda"
            assert binary in program.binaries(), f"nothing is called {binary}"
            assert binary == name.lower(), f"{name} would run {binary}"
    for name, function in template.of_type("AWS::Lambda::Function").items():
        assert (function["Handler"], function["Runtime"]) == ("bootstrap", "provided.al2023"), name
        assert function["Architectures"] == [{"Ref": "Architecture"}], name


def encryption(template):
    """everything at rest is encrypted, and nothing is public"""
    for name, topic in template.of_type("AWS::SNS::Topic").items():
        assert topic.get("KmsMasterKeyId") == {"Ref": "Key"}, name
    for name, queue in template.of_type("AWS::SQS::Queue").items():
        assert queue.get("SqsManagedSseEnabled") is True, name
    for name, bucket in template.of_type("AWS::S3::Bucket").items():
        (rule,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
        assert rule["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms", name
        access = bucket["PublicAccessBlockConfiguration"]
        assert len(access) == 4 and all(access.values()), name
        assert bucket["VersioningConfiguration"] == {"Status": "Enabled"}, name
    for name, key in template.of_type("AWS::KMS::Key").items():
        assert key["EnableKeyRotation"] is True, name
    for name in ("Journals", "Key"):
        resource = template.plain["Resources"][name]
        assert resource["DeletionPolicy"] == resource["UpdateReplacePolicy"] == "Retain", name


def tls(template):
    """nobody comes to a topic, a queue or the bucket without TLS"""
    for kind, (policy_kind, place, action) in GUARDED.items():
        for name in template.of_type(kind):
            policies = [policy for policy in template.of_type(policy_kind).values() if name in names_in(policy[place])]
            denied = [statement for policy in policies for statement in policy["PolicyDocument"]["Statement"]
                      if statement.get("Effect") == "Deny" and name in names_in(statement["Resource"])]
            plain = {"Bool": {"aws:SecureTransport": "false"}}
            assert any(one["Condition"] == plain and one["Principal"] == "*" and one["Action"] == action
                       for one in denied), name


def strangers(template):
    """whoever is let in without being named belongs to this account"""
    policies = [policy["PolicyDocument"] for policy in template.of_type("AWS::SNS::TopicPolicy").values()]
    policies += [key["KeyPolicy"] for key in template.of_type("AWS::KMS::Key").values()]
    for statement in [one for policy in policies for one in policy["Statement"] if one.get("Effect") == "Allow"]:
        conditions = statement.get("Condition", {}).get("StringEquals", {})
        principal = statement["Principal"]
        services = set(as_list(principal.get("Service"))) - SILENT
        assert not services or conditions == {"aws:SourceAccount": {"Ref": "AWS::AccountId"}}, statement
        if principal.get("AWS") == "*":
            assert {"kms:ViaService", "kms:CallerAccount"} <= set(conditions), statement
    may_use_key = {service for one in template.properties("Key")["KeyPolicy"]["Statement"]
                   for service in as_list(one["Principal"].get("Service"))}
    for policy in template.of_type("AWS::SNS::TopicPolicy").values():
        for one in policy["PolicyDocument"]["Statement"]:
            services = set(as_list(one.get("Principal") != "*" and one.get("Principal", {}).get("Service") or []))
            assert services <= may_use_key, f"{services - may_use_key} may publish, but not encrypt"


def lifecycle(template):
    """nothing that has a deadline is ever expired"""
    rules = template.properties("Journals")["LifecycleConfiguration"]["Rules"]
    expired = {rule.get("Prefix", ""): template.value(rule["ExpirationInDays"]) for rule in rules
               if "ExpirationInDays" in rule}
    assert set(expired) == {"alarms/", "pages/", "lost/"}, expired
    assert all(program.is_kept(prefix) for prefix in expired), expired
    assert not any(program.timers().startswith(prefix) for prefix in expired), "timers wait"
    assert expired["alarms/"] > program.longest_wait_days() + 14, program.longest_wait_days()
    assert expired["pages/"] >= expired["alarms/"]
    dead = max(queue.get("MessageRetentionPeriod", 0) for queue in template.of_type("AWS::SQS::Queue").values())
    assert expired["lost/"] * 86_400 > dead, "the reason must outlive the dead letter"
    assert any("NoncurrentVersionExpiration" in rule for rule in rules), "every step of every alarm would be kept"


def logs(template):
    """every log is kept for as long as is said, and no longer"""
    groups = template.of_type("AWS::Logs::LogGroup")
    for name, group in groups.items():
        assert group["RetentionInDays"] == {"Ref": "LogRetentionDays"}, name
    for name, function in template.of_type("AWS::Lambda::Function").items():
        written = function["LoggingConfig"]["LogGroup"]["Ref"]
        assert groups[written]["LogGroupName"]["Fn::Sub"] == f"/aws/lambda/{function['FunctionName']['Fn::Sub']}", name
    for name, stage in template.of_type("AWS::ApiGatewayV2::Stage").items():
        assert names_in(stage["AccessLogSettings"]["DestinationArn"]) <= set(groups), name
        line = re.sub(r"\$context\.[\w.]+", "x", stage["AccessLogSettings"]["Format"])
        assert json.loads(line)["status"] == "x", name


def address(template):
    """the address takes posts on two paths, and not more than it should"""
    (api,) = template.of_type("AWS::ApiGatewayV2::Api").values()
    paths = {path: set(methods) for path, methods in api["Body"]["paths"].items()}
    assert paths == {"/slack/interactivity": {"post"}, "/webhook": {"post"}}, paths
    (stage,) = template.of_type("AWS::ApiGatewayV2::Stage").values()
    assert 0 < stage["DefaultRouteSettings"]["ThrottlingRateLimit"] <= 100
    told = template.source["Outputs"]
    assert told["SlackRequestUrl"]["Value"]["Fn::Sub"].endswith("/slack/interactivity")
    assert told["WebhookUrl"]["Value"]["Fn::Sub"].endswith("/webhook")


def clock(template):
    """the clock goes round once a minute, and is not made up for"""
    rules = template.of_type("AWS::Events::Rule").values()
    ticking = [rule for rule in rules if "Incoming" in names_in(rule["Targets"])]
    assert [rule["ScheduleExpression"] for rule in ticking] == ["rate(1 minute)"], ticking
    assert "Input" not in ticking[0]["Targets"][0], "the function knows a tick by what EventBridge itself sends"
    (config,) = template.of_type("AWS::Lambda::EventInvokeConfig").values()
    assert (config["MaximumRetryAttempts"], config["MaximumEventAgeInSeconds"]) == (0, 60), config


def canary(template):
    """the canary is off unless a channel is given, and what it publishes are messages"""
    rules = template.of_type("AWS::Events::Rule")
    rules = {name: rule for name, rule in rules.items() if "Topic" in names_in(rule["Targets"])}
    assert len(rules) == 2, list(rules)
    schema = json.loads((ROOT / "infra/message.schema.json").read_text())
    sung, times = [], []
    for name, rule in rules.items():
        assert template.plain["Resources"][name]["Condition"] == "HasCanary", name
        text = rule["Targets"][0]["Input"]["Fn::Sub"].replace("${CanaryChannel}", "#canary")
        sung.append(json.loads(text.replace("${AWS::StackName}", "dispatch")))
        assert jsonschema.Draft202012Validator(schema).is_valid(sung[-1]), sung[-1]
        times.append(rule["ScheduleExpression"])
    assert [message["type"] for message in sung] == ["nag", "resolve"]
    assert sung[0]["users"] == [{"slackId": "#canary"}]
    assert sung[0]["dedupKey"] == sung[1]["dedupKey"] == "canary/dispatch"
    assert times == ["cron(0 * * * ? *)", "cron(30 * * * ? *)"], times
    assert template.source["Parameters"]["CanaryChannel"]["Default"] == ""
    pattern = template.source["Parameters"]["CanaryChannel"]["AllowedPattern"]
    assert not any(re.fullmatch(pattern, text) for text in ('#a"b', "#a\\", "someone", "#a b"))
    assert template.plain["Resources"]["CanaryAlarm"]["Condition"] == "HasCanary"


def tags(template):
    """whatever costs something says what it belongs to"""
    for name, resource in template.of_type(*TAGGED).items():
        found = resource.get("Tags", {})
        found = found if isinstance(found, dict) else {tag["Key"]: tag["Value"] for tag in found}
        assert found.get("application") == {"Ref": "AWS::StackName"}, name


def questions(template):
    """a deployment is asked for what it cannot do without, and for nothing else"""
    parameters = template.source["Parameters"]
    asked = {name for name, spec in parameters.items() if "Default" not in spec}
    assert asked == {"GithubOwner", "GithubRepo", "SlackBotToken", "SlackSigningSecret", "SlackChannel"}, asked
    groups = template.source["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
    grouped = [name for group in groups for name in group["Parameters"]]
    assert sorted(grouped) == sorted(parameters), set(grouped) ^ set(parameters)
    assert all(spec.get("Description") for spec in parameters.values())


CHECKS = [*WIRING, binaries, encryption, tls, strangers, lifecycle, logs, address, clock, canary, tags, questions,
          *DOCUMENTS]
