"""Holds the Slack app's manifest against README and the template.

    python manifest.py
"""

import copy
import json
import re
import sys

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from template import ROOT, load  # noqa: E402

MANIFEST = ROOT / "infra" / "slack-manifest.json"
SCOPE = re.compile(r"`([a-z_]+:[a-z_.]+)`")


def scopes_of_readme():
    """What README says that the bot needs, and what it may have."""
    section = (ROOT / "README.md").read_text().split("\n## Try it with your own Slack\n")[1].split("\n## ")[0]
    return set(SCOPE.findall(section))


def check(manifest, template):
    scopes = manifest["oauth_config"]["scopes"]
    assert set(scopes) == {"bot"}, "Dispatch acts for no person"
    given, told = set(scopes["bot"]), scopes_of_readme()
    assert given == told, given ^ told
    assert len(scopes["bot"]) == len(given), "a scope stands there twice"
    interactivity = manifest["settings"]["interactivity"]
    assert interactivity["is_enabled"] is True
    path = "/" + template.source["Outputs"]["SlackRequestUrl"]["Value"]["Fn::Sub"].split("/", 3)[3]
    assert interactivity["request_url"].startswith("https://"), interactivity
    assert interactivity["request_url"].endswith(f".amazonaws.com{path}"), (interactivity, path)
    home = manifest["features"]["app_home"]
    assert home["messages_tab_enabled"] is True, "people could not be written to"


def without_scope(manifest, scope):
    changed = copy.deepcopy(manifest)
    changed["oauth_config"]["scopes"]["bot"].remove(scope)
    return changed


def main():
    manifest, template = json.loads(MANIFEST.read_text()), load()
    check(manifest, template)
    print("ok     the manifest asks for the scopes that README tells, and its address is the template's")
    for scope in manifest["oauth_config"]["scopes"]["bot"]:
        try:
            check(without_scope(manifest, scope), template)
        except AssertionError:
            print(f"found  {scope} is missing")
            continue
        print(f"FAILED nobody sees that {scope} is missing")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
