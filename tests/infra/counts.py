"""What one alarm asks of AWS: plays each kind of it through the template's stack, and counts.

    python counts.py --build FOLDER [--bridge FOLDER]

FOLDER holds `Incoming/bootstrap` and `Triage/bootstrap`, as `sam build` leaves them. Vendors answer at once here, so no
figure is a time that people wait. Prints the table that stands in infra/COST.md.
"""

import argparse
import os
import sys
from collections import Counter
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from template import ROOT  # noqa: E402
from world import World  # noqa: E402

import messages  # noqa: E402  (where world looks for it, too)

#: How often each kind is played; a figure is the mean, rounded up.
TIMES = 10
TICKS_A_SECOND = os.sysconf("SC_CLK_TCK")
#: What is counted, in the order of the table.
COLUMNS = [
    "runs", "clicks", "messages", "vendor calls", "S3 reads", "S3 writes and lists", "log bytes", "journal bytes",
    "CPU ms",
]
READS = {"GetObject", "HeadObject"}
WRITES = {"PutObject", "ListObjectsV2", "ListObjects", "ListBucket"}
FREE = {"DeleteObject", "DeleteObjects"}


class Meter:
    """What was used so far."""

    def __init__(self, world):
        self.world, self.clicks, self.published = world, 0, 0

    def read(self):
        bridge = self.world.bridge
        made = [call for call in bridge.edge.calls if call["function"]]
        stored = Counter(call["operation"] for call in made if call["service"] == "s3")
        unknown = set(stored) - READS - WRITES - FREE
        assert not unknown, f"what do these cost: {unknown}?"
        handed_on = sum(call["service"] == "sns" for call in made)
        vendors = (self.world.github, self.world.slack, self.world.pagerduty)
        return Counter({
            "runs": len(bridge.records()),
            "clicks": self.clicks,
            "messages": self.published + handed_on,
            "vendor calls": sum(len(vendor.calls()) for vendor in vendors),
            "S3 reads": sum(stored[operation] for operation in READS),
            "S3 writes and lists": sum(stored[operation] for operation in WRITES),
            "log bytes": sum(len(line.encode()) + 1 for name in bridge.functions for line in bridge.logs(name)),
            "journal bytes": self.journal_bytes(),
            "CPU ms": sum(1000 * used / TICKS_A_SECOND for used in self.ticks()),
        })

    def ticks(self):
        for function in self.world.bridge.functions.values():
            for instance in function._all:
                fields = Path(f"/proc/{instance.proc.pid}/stat").read_text().rsplit(")", 1)[1].split()
                yield int(fields[11]) + int(fields[12])

    def journal_bytes(self):
        """All versions of everything that is kept: the ones before are kept for two weeks."""
        bucket = self.world.bridge.stack.outputs["JournalsBucket"]
        pages = self.world.bridge.aws("s3").get_paginator("list_object_versions").paginate(Bucket=bucket)
        return sum(version["Size"] for page in pages for version in page.get("Versions", []))

    def publish(self, message):
        self.published += 1
        self.world.publish(message)

    def press(self, title, action):
        (question,) = [one for one in self.world.slack.messages(title) if one.get("blocks")]
        self.clicks += 1
        assert self.world.press(question, "U0JANE", action) == 200

    def tick(self):
        self.world.bridge.fire("IncomingClock")
        self.world.settle()


def asked(title):
    return messages.asking("self-service", title, "jane")


#: Each kind, and how to play the one of this number. They build upon each other.
KINDS = {
    "somebody is asked": lambda meter, number: meter.publish(asked(f"Counted: yes {number}")),
    "a repeat comes": lambda meter, number: meter.publish(asked(f"Counted: yes {number}")),
    "the answer is yes": lambda meter, number: meter.press(f"Counted: yes {number}.", "yes"),
    "another is asked": lambda meter, number: meter.publish(asked(f"Counted: no {number}")),
    "the answer is no": lambda meter, number: meter.press(f"Counted: no {number}.", "no"),
    "a page goes out": lambda meter, number: meter.publish(messages.page(f"Counted: page {number}")),
    "the clock ticks": lambda meter, _: meter.tick(),
}
#: It is like another, and only prepares the next.
UNTOLD = {"another is asked"}


def count(world):
    """The mean of each column for each kind, rounded up."""
    meter, found = Meter(world), {}
    # A start belongs to no alarm.
    meter.publish(asked("Counted: first"))
    meter.press("Counted: first.", "no")
    meter.tick()
    for kind, play in KINDS.items():
        before = meter.read()
        for number in range(TIMES):
            play(meter, number)
        after = meter.read()
        found[kind] = {column: -(-(after[column] - before[column]) // TIMES) for column in COLUMNS}
    return found


def rows(table):
    yield "| what happens | " + " | ".join(COLUMNS) + " |"
    yield "| --- |" + " ---: |" * len(COLUMNS)
    for kind, figures in table.items():
        if kind not in UNTOLD:
            yield f"| {kind} | " + " | ".join(f"{figures[column]:.0f}" for column in COLUMNS) + " |"


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    arguments.add_argument("--bridge", type=Path, default=ROOT.parent / "shared" / "stack")
    arguments = arguments.parse_args()
    sys.path.insert(0, str(arguments.bridge))
    import stack

    world = World(stack.make_bridge(), arguments.build)
    try:
        print(*rows(count(world)), sep="\n")
        report = world.bridge.report()
        print(f"starts in ms: {report['cold_start_ms']}; most memory in MB: {report['peak_memory_mb']}")
    finally:
        world.stop()


if __name__ == "__main__":
    main()
