"""Has the template looked at by those who know AWS: SAM, cfn-lint and checkov. Without an account, and offline.

    python lint.py --sam FOLDER --checkov FOLDER

The folders hold the programs of two virtual environments, because checkov wants other libraries than SAM does.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from template import REGION, TEMPLATE, load  # noqa: E402

ACCEPTED = Path(__file__).with_name("accepted.toml")
LIMIT_S = 300


class Wrong(Exception):
    """Somebody objects."""


def run(*command):
    """What a program writes, and its exit code."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": REGION}
    # SAM looks for its own programs there.
    environment["PATH"] = f"{command[0].parent}{os.pathsep}{environment['PATH']}"
    done = subprocess.run(
        list(map(str, command)), env=environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=LIMIT_S,
    )
    return done.returncode, done.stdout


def passes(*command):
    code, text = run(*command)
    if code != 0:
        raise Wrong(f"exit code {code}\n{text}")


def looks_inside(sam, folder):
    """Newer versions of cfn-lint pass over functions in SAM's form, and would pass over any mistake in them."""
    broken = folder / "broken.yaml"
    broken.write_text(TEMPLATE.read_text().replace("      Timeout: 30\n", "      Timeout: 901\n", 1))
    for command in ([sam / "cfn-lint", broken], [sam / "sam", "validate", "--lint", "--template", broken]):
        code, text = run(*command)
        if code == 0 or "901" not in text:
            raise Wrong(f"{command[0].name} does not see a time-out that Lambda refuses: exit code {code}\n{text}")


def scan(checkov, plain):
    """Holds checkov's findings against those that are accepted."""
    code, text = run(checkov / "checkov", "--file", plain, "--framework", "cloudformation", "--compact", "--quiet",
                     "--skip-download", "--output", "json")
    try:
        report = json.loads(text[text.index("{"):])
    except ValueError as error:
        raise Wrong(f"exit code {code}\n{text}") from error
    if report["summary"]["passed"] < 40 or report["summary"]["parsing_errors"]:
        raise Wrong(f"it looked at less than there is: {report['summary']}")
    found = {(one["check_id"], one["resource"].split(".")[-1]): one["check_name"]
             for one in report["results"]["failed_checks"]}
    entries = tomllib.loads(ACCEPTED.read_text())
    accepted = {(check, resource) for check, entry in entries.items() for resource in entry["resources"]}
    wrong = [f"{check} {resource}: {found[check, resource]}" for check, resource in sorted(set(found) - accepted)]
    wrong += [f"{check} {resource}: is accepted, but not found" for check, resource in sorted(accepted - set(found))]
    if wrong:
        raise Wrong("\n".join(wrong))


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--sam", type=Path, required=True)
    arguments.add_argument("--checkov", type=Path, required=True)
    arguments = arguments.parse_args()
    sam, checkov = arguments.sam.resolve(), arguments.checkov.resolve()
    with tempfile.TemporaryDirectory() as folder:
        plain = Path(folder) / "plain.json"
        plain.write_text(json.dumps(load().plain, indent=1))
        looks = {
            "sam validate": lambda: passes(sam / "sam", "validate", "--template", TEMPLATE),
            "sam validate --lint": lambda: passes(sam / "sam", "validate", "--lint", "--template", TEMPLATE),
            "cfn-lint, as it is written": lambda: passes(sam / "cfn-lint", TEMPLATE),
            "cfn-lint, after the transform": lambda: passes(sam / "cfn-lint", plain),
            "cfn-lint looks inside functions": lambda: looks_inside(sam, Path(folder)),
            "checkov, but for what is accepted": lambda: scan(checkov, plain),
        }
        failed = 0
        for name, look in looks.items():
            try:
                look()
                print(f"ok     {name}", flush=True)
            except Wrong as wrong:
                failed += 1
                print(f"FAILED {name}: {wrong}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
