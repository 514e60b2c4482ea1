"""Plants mistakes into copies of the template, each of which its checks must find.

    python mistakes.py

A mistake is a text of the template, what stands there instead, and the check that must fail. On the template itself
all of them must pass, or it would not be the mistake that they find.
"""

import sys
import tempfile
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

import checks  # noqa: E402
import documents  # noqa: E402
import guards  # noqa: E402
from template import TEMPLATE, Template  # noqa: E402

#: What a check raises when the template is not as it should be; anything else is a mistake in the check.
FOUND = (AssertionError, KeyError, TypeError, ValueError)
TAGS = "      Tags:\n        - { Key: application, Value: !Ref AWS::StackName }\n"

MISTAKES = [
    ("a setting is not passed on", "        GITHUB_DEFAULT_USER: !Ref GithubDefaultUser\n", "", checks.environment),
    ("a setting that nobody reads", "        SLACK_API_URL:", "        SLACK_API_ADDRESS:", checks.environment),
    ("metrics go elsewhere",
     "DISPATCH_METRICS_NAMESPACE: !Sub Dispatch/", "DISPATCH_METRICS_NAMESPACE: !Sub Despatch/",
     checks.environment),
    ("a function is told the address",
     "SLACK_API_URL: !Ref SlackApiUrl", "SLACK_API_URL: !Sub https://${Api}.example.com", checks.environment),
    ("a secret is shown",
     "  SlackBotToken:\n    Type: String\n    NoEcho: true\n", "  SlackBotToken:\n    Type: String\n",
     checks.secrets),
    ("a secret may be clear text",
     "Signing secret of the Slack app, as secure:, ssm: or secretsmanager:.\"\n    AllowedPattern: '(",
     "Signing secret of the Slack app, as secure:, ssm: or secretsmanager:.\"\n    AllowedPattern: '([0-9a-f]+|",
     checks.secrets),
    ("a secret cannot be left out", "'(none|secure:", "'(secure:", checks.secrets),
    ("a secret is empty by default",
     "    NoEcho: true\n    Default: none\n", "    NoEcho: true\n    Default: \"\"\n", checks.secrets),
    ("a secret that is left out is a word", "!If [HasGithubToken, !Ref GithubToken, \"\"]",
     "!If [HasGithubAppPrivateKey, !Ref GithubToken, \"\"]", checks.secrets),
    ("a secret is told", "    Value: !Ref ServiceAlarms\n", "    Value: !Ref SlackBotToken\n", checks.secrets),
    ("journals cannot be written", "Action: [s3:GetObject, s3:PutObject]", "Action: s3:GetObject", checks.rights),
    ("timers cannot be removed", "Action: s3:DeleteObject", "Action: s3:GetObject", checks.rights),
    ("nothing can be handed on", "Action: sns:Publish\n            Resource: !Ref Topic\n          - Sid: UseTheKey",
     "Action: sns:Subscribe\n            Resource: !Ref Topic\n          - Sid: UseTheKey", checks.rights),
    ("journals cannot be decrypted",
     "Action: [kms:Decrypt, kms:GenerateDataKey]\n            Resource: !GetAtt Key.Arn",
     "Action: kms:GenerateDataKey\n            Resource: !GetAtt Key.Arn", checks.rights),
    ("a right too many",
     "Action: [logs:CreateLogStream, logs:PutLogEvents]", "Action: [logs:CreateLogStream, logs:*]",
     checks.rights),
    ("any parameter may be read", "parameter/${SecretsPrefix}*", "*", checks.resources),
    ("any topic may be published to",
     "            Action: sns:Publish\n            Resource: !Ref Topic\n          - Sid: Use",
     "            Action: sns:Publish\n            Resource: \"*\"\n          - Sid: Use", checks.resources),
    ("every journal may be removed", "${Journals.Arn}/due/*", "${Journals.Arn}/*", checks.resources),
    ("failed messages come back too soon", "VisibilityTimeout: 181", "VisibilityTimeout: 180", checks.mappings),
    ("a function takes longer than its queue", "      Timeout: 30\n", "      Timeout: 60\n", checks.mappings),
    ("one failure fails its neighbours",
     "            FunctionResponseTypes: [ReportBatchItemFailures]\n", "", checks.mappings),
    ("concurrency is set aside that is too small", "()|1[2-9]|", "()|1[1-9]|", checks.mappings),
    ("a queue gives up into nothing", """      RedrivePolicy:
        deadLetterTargetArn: !GetAtt AlarmsDeadLetters.Arn
        maxReceiveCount: !FindInMap [Delivery, Queues, MaxReceiveCount]
""", "", checks.redrive),
    ("the last resort never comes",
     "maxReceiveCount: !FindInMap [Delivery, Queues, MaxReceiveCount]", "maxReceiveCount: 4",
     checks.redrive),
    ("messages are given up at once", "MaxReceiveCount: 5", "MaxReceiveCount: 2", checks.redrive),
    ("dead letters are not kept",
     "MessageRetentionPeriod: 1209600", "MessageRetentionPeriod: 345600", checks.redrive),
    ("what the topic cannot deliver is lost", """      RedrivePolicy:
        deadLetterTargetArn: !GetAtt UrgentDeadLetters.Arn

""", "\n", checks.redrive),
    ("nobody hears of dead letters",
     "Value: !GetAtt UrgentDeadLetters.QueueName", "Value: !GetAtt UrgentQueue.QueueName",
     checks.watched),
    ("nobody hears of a queue that stands still",
     "Value: !GetAtt AlarmsQueue.QueueName", "Value: !GetAtt UrgentQueue.QueueName",
     checks.watched),
    ("nobody hears of throttles", "MetricName: Throttles", "MetricName: Duration", checks.watched),
    ("nobody hears of errors",
     "          Expression: 100 * errors", "          Expression: 100 * runs", checks.watched),
    ("a silent clock is not heard", """      MetricName: Ticks
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      ComparisonOperator: LessThanThreshold
      Threshold: 1
      TreatMissingData: breaching""", """      MetricName: Ticks
      Statistic: Sum
      Period: 300
      EvaluationPeriods: 1
      ComparisonOperator: LessThanThreshold
      Threshold: 1
      TreatMissingData: notBreaching""", checks.watched),
    ("alarms about Dispatch go through Dispatch",
     "AlarmActions: [!Ref ServiceAlarms]", "AlarmActions: [!Ref Topic]", checks.alarms),
    ("alarms tell nobody", "Protocol: email", "Protocol: sms", checks.alarms),
    ("an alarm looks at nothing", "MetricName: Unauthorized", "MetricName: Unauthorised", checks.metrics),
    ("the dashboard looks at nothing",
     '"Dispatch/${AWS::StackName}", "Folded"', '"Dispatch/${AWS::StackName}", "Fold"', checks.metrics),
    ("the dashboard cannot be read", '"Ticks"]]}},', '"Ticks"]}},', checks.metrics),
    ("what is not JSON is dropped", "      Endpoint: !GetAtt AlarmsQueue.Arn\n",
     "      Endpoint: !GetAtt AlarmsQueue.Arn\n      FilterPolicyScope: MessageBody\n"
     "      FilterPolicy: { type: [{ anything-but: high-priority }] }\n", checks.ways_in),
    ("pages are looked for where they are not",
     "FilterPolicyScope: MessageBody", "FilterPolicyScope: MessageAttributes", checks.ways_in),
    ("the old name of a page is not known", "          - equals-ignore-case: high\n", "", checks.ways_in),
    ("anybody may fill a queue",
     "ArnEquals: { aws:SourceArn: !Ref Topic }", "ArnLike: { aws:SourceArn: \"*\" }", checks.ways_in),
    ("ids of publications are lost", "      FilterPolicyScope: MessageBody\n",
     "      FilterPolicyScope: MessageBody\n      RawMessageDelivery: true\n", checks.ways_in),
    ("a program that is not there", "Binary: incoming", "Binary: incomming", guards.binaries),
    ("the programs are mixed up", "Binary: triage", "Binary: incoming", guards.binaries),
    ("a handler that is not there", "    Handler: bootstrap\n", "    Handler: incoming\n", guards.binaries),
    ("the wrong runtime", "provided.al2023", "provided.al2", guards.binaries),
    ("a topic in clear",
     "      DisplayName: Dispatch\n      KmsMasterKeyId: !Ref Key\n", "      DisplayName: Dispatch\n",
     guards.encryption),
    ("a queue in clear", "SqsManagedSseEnabled: true", "SqsManagedSseEnabled: false", guards.encryption),
    ("a public bucket", "BlockPublicPolicy: true", "BlockPublicPolicy: false", guards.encryption),
    ("journals go with the stack", "    DeletionPolicy: Retain\n", "    DeletionPolicy: Delete\n", guards.encryption),
    ("the bucket without TLS", "            Action: s3:*\n", "            Action: s3:GetObject\n", guards.tls),
    ("a queue without TLS", "            Action: sqs:*\n", "            Action: sqs:SendMessage\n", guards.tls),
    ("services of any account publish", "              StringEquals: { aws:SourceAccount: !Ref AWS::AccountId }",
     "              StringLike: { aws:SourceAccount: \"*\" }", guards.strangers),
    ("the key is anybody's",
     "                kms:ViaService: !Sub sns.${AWS::Region}.${AWS::URLSuffix}\n", "", guards.strangers),
    ("CloudWatch may publish, but not encrypt",
     "              Service: [cloudwatch.amazonaws.com, budgets.amazonaws.com, costalerts.amazonaws.com,"
     " s3.amazonaws.com]\n"
     "            Action: [kms",
     "              Service: [budgets.amazonaws.com, costalerts.amazonaws.com, s3.amazonaws.com]\n"
     "            Action: [kms", guards.strangers),
    ("lives that wait are expired", "Keep: { Days: 400 }", "Keep: { Days: 380 }", guards.lifecycle),
    ("timers are expired", "Prefix: pages/", "Prefix: due/", guards.lifecycle),
    ("everything is expired", "            Prefix: lost/\n", "", guards.lifecycle),
    ("reasons go before their dead letters", "ExpirationInDays: 30", "ExpirationInDays: 14", guards.lifecycle),
    ("logs are kept for ever", "      RetentionInDays: !Ref LogRetentionDays\n", "", guards.logs),
    ("a function writes elsewhere",
     "        LogGroup: !Ref TriageLogs", "        LogGroup: !Ref IncomingLogs", guards.logs),
    ("the access log is no JSON", '"status":"$context.status"', '"status":$context.status', guards.logs),
    ("an address that Slack is not told", "Path: /slack/interactivity", "Path: /slack/interactions", guards.address),
    ("anybody may ask as often as they like", "ThrottlingRateLimit: 50", "ThrottlingRateLimit: 5000", guards.address),
    ("the clock goes slower", "rate(1 minute)", "rate(5 minutes)", guards.clock),
    ("ticks are made up for", "        MaximumRetryAttempts: 0\n", "        MaximumRetryAttempts: 2\n", guards.clock),
    ("the canary sings in a form that nobody knows", '"type": "nag"', '"type": "song"', guards.canary),
    ("the canary never ends",
     '{"type": "resolve", "dedupKey": "canary/', '{"type": "resolve", "dedupKey": "bird/', guards.canary),
    ("the canary sings unasked", "  CanarySings:\n    Type: AWS::Events::Rule\n    Condition: HasCanary\n",
     "  CanarySings:\n    Type: AWS::Events::Rule\n", guards.canary),
    ("costs of nobody", TAGS, "", guards.tags),
    ("a question too many",
     "  SlackApiUrl:\n    Type: String\n    Default: \"\"\n", "  SlackApiUrl:\n    Type: String\n", guards.questions),
    ("an output is called otherwise than in the guide", "  WebhookUrl:\n", "  WebhooksUrl:\n", documents.guide_names),
    ("a parameter is called otherwise than in the guide",
     "  ServiceAlarmEmail:\n    Type", "  ServiceAlarmAddress:\n    Type", documents.guide_names),
    ("an output that nobody is told of",
     "\nOutputs:\n", "\nOutputs:\n  Stray: { Value: \"1\" }\n", documents.guide_names),
    ("a resource that whoever deploys may not make",
     "    Type: AWS::CloudWatch::Dashboard", "    Type: AWS::SecretsManager::Secret", documents.deployer),
    ("memory is dearer than was reckoned", "    MemorySize: 512", "    MemorySize: 1024", documents.costs),
    ("a parameter in no group", "KmsKey, SecretsPrefix, Pub", "SecretsPrefix, Pub", guards.questions),
]

#: The same for what is written about the template: with the name that `documents` has for the file.
WRITTEN = [
    ("the guide shows a command that there is not", "GUIDE",
     "dispatch doctor --stack", "dispatch nurse --stack", documents.guide_commands),
    ("the guide shows an option that there is not", "GUIDE",
     "dispatch tail --stack", "dispatch tail --stock", documents.guide_commands),
    ("the guide asks for a parameter that there is not", "GUIDE",
     "    GithubOwner=", "    GithubUser=", documents.guide_names),
    ("whoever deploys may not make keys", "POLICY", "kms:CreateKey", "kms:ListKeys", documents.deployer),
]


def find(mistake, right, wrong, check):
    """What is wrong with how a mistake is found; nothing when the check finds it."""
    text = TEMPLATE.read_text()
    if right not in text:
        return "the template has no such text"
    try:
        check(Template(text.replace(right, wrong, 1)))
    except FOUND:
        return None
    return f"{check.__name__} does not find it"


def find_written(name, right, wrong, check, template):
    """As `find`, in a copy of the file that `documents` calls so."""
    path = getattr(documents, name)
    text = path.read_text()
    if right not in text:
        return f"{path.name} has no such text"
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / path.name
        copy.write_text(text.replace(right, wrong, 1))
        setattr(documents, name, copy)
        try:
            check(template)
        except FOUND:
            return None
        finally:
            setattr(documents, name, path)
    return f"{check.__name__} does not find it"


def main():
    failed = 0
    template = Template(TEMPLATE.read_text())
    for check in guards.CHECKS:
        check(template)
    for mistake, right, wrong, check in MISTAKES:
        trouble = find(mistake, right, wrong, check)
        failed += trouble is not None
        print(f"FAILED {mistake}: {trouble}" if trouble else f"found  {mistake}")
    for mistake, *rest in WRITTEN:
        trouble = find_written(*rest, template)
        failed += trouble is not None
        print(f"FAILED {mistake}: {trouble}" if trouble else f"found  {mistake}")
    unasked = {check.__name__ for check in guards.CHECKS} - {check.__name__ for *_, check in MISTAKES + WRITTEN}
    for name in sorted(unasked):
        failed += 1
        print(f"FAILED no mistake is planted for {name}")
    print(f"{len(MISTAKES + WRITTEN)} mistakes, {failed} not found")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
