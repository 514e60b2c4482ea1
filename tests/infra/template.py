"""The deployment's template: as it is written, and as CloudFormation gets it from the SAM transform."""

import copy
import json
import logging
import os
import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "template.yaml"
REGION = "eu-central-1"

#: What the parameters without a default are given.
NEEDED = {
    "GithubOwner": "example-org",
    "GithubRepo": "alarms",
    "SlackChannel": "#security",
    "SlackBotToken": "ssm:/dispatch/slack-bot-token",
    "SlackSigningSecret": "ssm:/dispatch/slack-signing-secret",
}


class Unreadable(Exception):
    """The template is no template."""


class Template:
    """One template, from its text."""

    def __init__(self, text):
        self.text = text
        self.source = yaml.load(text, Loader=_Loader)
        self.plain = _transform(self.source)

    def of_type(self, *kinds):
        """The resources of these kinds after the transform, by logical name."""
        resources = self.plain["Resources"].items()
        return {name: resource.get("Properties", {}) for name, resource in resources if resource["Type"] in kinds}

    def properties(self, name):
        return self.plain["Resources"][name].get("Properties", {})

    def value(self, node):
        """A literal, also when it stands in Mappings or is the default of a parameter."""
        match node:
            case {"Fn::FindInMap": [one, two, three]}:
                return self.plain["Mappings"][one][two][three]
            case {"Ref": name} if name in self.plain["Parameters"]:
                return self.plain["Parameters"][name].get("Default", NEEDED.get(name))
            case _:
                return node


def load(path=TEMPLATE):
    return Template(path.read_text())


def names_in(node):
    """The names that Ref, GetAtt and Sub in a node refer to."""
    found = set()
    match node:
        case {"Ref": str(name)}:
            found.add(name)
        case {"Fn::GetAtt": [str(name), *_]}:
            found.add(name)
        case {"Fn::Sub": text}:
            text, more = (text, {}) if isinstance(text, str) else text
            found.update(name.split(".")[0] for name in re.findall(r"\$\{([^!}]+)\}", text) if name not in more)
            found |= names_in(more)
        case dict():
            for inner in node.values():
                found |= names_in(inner)
        case list():
            for inner in node:
                found |= names_in(inner)
    return found


def as_list(node):
    return node if isinstance(node, list) else [] if node is None else [node]


class _Loader(yaml.SafeLoader):
    """YAML with CloudFormation's short forms."""


def _short_form(loader, suffix, node):
    if isinstance(node, yaml.ScalarNode):
        value = loader.construct_scalar(node)
    elif isinstance(node, yaml.SequenceNode):
        value = loader.construct_sequence(node, deep=True)
    else:
        value = loader.construct_mapping(node, deep=True)
    if suffix == "Ref" or suffix == "Condition":
        return {suffix: value}
    if suffix == "GetAtt" and isinstance(value, str):
        value = value.split(".", 1)
    return {f"Fn::{suffix}": value}


_Loader.add_multi_constructor("!", _short_form)


def _transform(source):
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.parser.parser import Parser
    from samtranslator.translator.translator import Translator

    logging.getLogger("samtranslator").setLevel(logging.CRITICAL)
    source = copy.deepcopy(source)
    # The transform wants code that has been uploaded.
    for resource in source["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = "s3://bucket/code.zip"
    try:
        plain = Translator({}, Parser()).translate(source, parameter_values=dict(NEEDED))
    except InvalidDocumentException as error:
        raise Unreadable("; ".join(str(cause.message) for cause in error.causes)) from error
    return _listed(json.loads(json.dumps(plain)))


def _listed(node):
    """The long form of GetAtt, which the transform writes in both."""
    if isinstance(node, list):
        return [_listed(inner) for inner in node]
    if not isinstance(node, dict):
        return node
    node = {name: _listed(inner) for name, inner in node.items()}
    if isinstance(node.get("Fn::GetAtt"), str):
        node["Fn::GetAtt"] = node["Fn::GetAtt"].split(".", 1)
    return node
