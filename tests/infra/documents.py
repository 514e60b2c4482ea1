"""What the documents say of the template and of the command, and what the person who deploys may do."""

import json
import re
from fnmatch import fnmatchcase

import program
from cost import costs
from template import ROOT, as_list

GUIDE = ROOT / "infra" / "DEPLOY.md"
POLICY = ROOT / "infra" / "deployer-policy.json"
#: Of a policy of its own, without spaces.
#: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
POLICY_CHARS_MAX = 6_144
#: Names of the predecessor's, which the guide tells beside those of here.
PREDECESSOR = {
    "GitHubOwner", "GitHubRepo", "GitHubDefaultUser", "GitHubToken", "SlackDefaultChannel", "SlackVerificationToken",
}
#: Names that belong to others: to `aws` and to CloudWatch.
FOREIGN = {"MessageId", "NumberOfMessagesPublished"}
#: What CloudFormation does to make a resource of each type and to remove it.
MAKES = {
    "AWS::ApiGatewayV2::Api": ["apigateway:POST", "apigateway:DELETE"],
    "AWS::ApiGatewayV2::Stage": ["apigateway:POST", "apigateway:DELETE", "logs:CreateLogDelivery"],
    "AWS::CloudWatch::Alarm": ["cloudwatch:PutMetricAlarm", "cloudwatch:DeleteAlarms"],
    "AWS::CloudWatch::Dashboard": ["cloudwatch:PutDashboard", "cloudwatch:DeleteDashboards"],
    "AWS::Events::Rule": ["events:PutRule", "events:PutTargets", "events:RemoveTargets", "events:DeleteRule"],
    "AWS::IAM::ManagedPolicy": ["iam:CreatePolicy", "iam:DeletePolicy"],
    "AWS::IAM::Role": ["iam:CreateRole", "iam:PutRolePolicy", "iam:AttachRolePolicy", "iam:DetachRolePolicy",
                       "iam:DeleteRolePolicy", "iam:DeleteRole", "iam:TagRole"],
    "AWS::KMS::Alias": ["kms:CreateAlias", "kms:DeleteAlias"],
    "AWS::KMS::Key": ["kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy", "kms:TagResource"],
    "AWS::Lambda::EventInvokeConfig": ["lambda:PutFunctionEventInvokeConfig", "lambda:DeleteFunctionEventInvokeConfig"],
    "AWS::Lambda::EventSourceMapping": ["lambda:CreateEventSourceMapping", "lambda:DeleteEventSourceMapping"],
    "AWS::Lambda::Function": ["lambda:CreateFunction", "lambda:DeleteFunction", "iam:PassRole", "lambda:TagResource"],
    "AWS::Lambda::Permission": ["lambda:AddPermission", "lambda:RemovePermission"],
    "AWS::Logs::LogGroup": ["logs:CreateLogGroup", "logs:PutRetentionPolicy", "logs:DeleteLogGroup"],
    "AWS::S3::Bucket": ["s3:CreateBucket", "s3:PutBucketVersioning", "s3:PutEncryptionConfiguration",
                        "s3:PutLifecycleConfiguration", "s3:PutBucketPublicAccessBlock", "s3:PutBucketTagging"],
    "AWS::S3::BucketPolicy": ["s3:PutBucketPolicy", "s3:DeleteBucketPolicy"],
    "AWS::SNS::Subscription": ["sns:Subscribe", "sns:Unsubscribe"],
    "AWS::SNS::Topic": ["sns:CreateTopic", "sns:DeleteTopic", "sns:TagResource"],
    "AWS::SNS::TopicPolicy": ["sns:SetTopicAttributes"],
    "AWS::SQS::Queue": ["sqs:CreateQueue", "sqs:DeleteQueue", "sqs:TagQueue"],
    "AWS::SQS::QueuePolicy": ["sqs:SetQueueAttributes"],
}


def guide_names(template):
    """the guide names parameters and outputs that there are, and every output"""
    text, outputs = GUIDE.read_text(), set(template.source["Outputs"])
    known = outputs | set(template.source["Parameters"]) | set(template.plain["Resources"]) | PREDECESSOR | FOREIGN
    code = " ".join(span for span in spans(text) if not span.startswith("aws "))
    named = set(re.findall(r"\b[A-Z][a-z]+(?:[A-Z][a-z]+)+\b", code))
    given = {name for block in fences(text, "sh") if "--parameter-overrides" in block
             for name in re.findall(r"(?<![\w-])([A-Z][a-z]\w+)=", block)}
    given |= {name for block in fences(text, "hcl") for inner in re.findall(r"parameters = \{(.*?)\}", block, re.DOTALL)
              for name in re.findall(r"(\w+) +=", inner)}
    asked = set(re.findall(r"\boutput ([A-Z]\w+)|outputs\[\"(\w+)\"\]", text))
    asked = {name for pair in asked for name in pair if name}
    assert len(given) > 8 and len(asked) > 4, (given, asked)
    assert given <= set(template.source["Parameters"]), given
    assert asked <= outputs, asked - outputs
    assert named <= known, named - known
    untold = {name for name in outputs if name not in text} - {"IncomingFunction", "TriageFunction"}
    assert not untold, untold


def guide_commands(_template):
    """the guide and README show commands and options of `dispatch` that there are"""
    commands = program.commands()
    command = re.compile(r"(?:^|[ (])dispatch ([a-z][\w-]*)((?: [^|>&;#]+)?)")
    for path in (GUIDE, ROOT / "README.md"):
        text = path.read_text()
        lines = [line for language in ("sh", "console") for block in fences(text, language)
                 for line in block.replace("\\\n", " ").splitlines()]
        shown = [found for line in lines + spans(text) for found in command.findall(line)]
        assert len({name for name, _ in shown}) >= 6, shown
        for name, rest in shown:
            assert name in commands, f"{path.name}: there is no dispatch {name}"
            for option in re.findall(r"--([\w-]+)", rest):
                assert option in commands[name], f"{path.name}: dispatch {name} has no --{option}"


def deployer(template):
    """whoever deploys may make and remove everything that the template holds"""
    policy = json.loads(POLICY.read_text())
    allowed = [action for one in policy["Statement"] for action in as_list(one["Action"])]
    assert all(one["Effect"] == "Allow" for one in policy["Statement"])
    kinds = {resource["Type"] for resource in template.plain["Resources"].values()}
    assert kinds == set(MAKES), kinds ^ set(MAKES)
    for kind in kinds:
        missing = [right for right in MAKES[kind] if not any(fnmatchcase(right, action) for action in allowed)]
        assert not missing, f"{kind} takes {missing}"
    length = len(json.dumps(policy, separators=(",", ":")))
    assert length <= POLICY_CHARS_MAX, length


def spans(text):
    """What stands between single backticks."""
    return re.findall(r"`([^`]+)`", re.sub(r"```.*?```", "", text, flags=re.DOTALL))


def fences(text, language):
    return re.findall(rf"```{language}\n(.*?)```", text, re.DOTALL)


CHECKS = [guide_names, guide_commands, deployer, costs]
