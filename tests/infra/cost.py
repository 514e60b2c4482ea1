"""Reckons what a month costs, from the prices, counts and assumptions in infra/COST.md and from the template.

    python cost.py            holds the tables of infra/COST.md against what follows from its inputs
    python cost.py --write    writes them anew
"""

import sys

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from template import ROOT, load  # noqa: E402

DOCUMENT = ROOT / "infra" / "COST.md"
#: It tells the sums.
GUIDE = ROOT / "infra" / "DEPLOY.md"
#: Around what is reckoned.
BEGIN, END = "<!-- reckoned: python tests/infra/cost.py --write -->\n", "<!-- end -->\n"
#: Messages a month.
SIZES = (1_000, 100_000, 10_000_000)
PARTS = ("Lambda", "SNS", "SQS", "S3", "API Gateway", "CloudWatch", "KMS", "EventBridge")
GB = 1e9
DAYS_A_MONTH = 365 / 12
MINUTES_A_MONTH = DAYS_A_MONTH * 24 * 60
#: The memory that comes with one whole processor, in MB.
#: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
WHOLE_CPU_MB = 1_769


class Inputs:
    """The tables of the document, and what the template says."""

    def __init__(self, text, template):
        self.price = {name: float(row[0].lstrip("$")) for name, row in table(text, "Prices").items()}
        self.assume = {name: float(row[0].replace(",", "")) for name, row in table(text, "Assumptions").items()}
        head, *rows = [cells(line) for line in section(text, "Counts") if line.startswith("| ")]
        rows = [row for row in rows if not row[1].startswith("---")]
        self.counts = {row[0]: dict(zip(head[1:], map(float, row[1:]), strict=True)) for row in rows}
        functions = template.of_type("AWS::Lambda::Function").values()
        (self.memory_mb,) = {function["MemorySize"] for function in functions}
        alarms = template.of_type("AWS::CloudWatch::Alarm").items()
        canary = {name for name, one in template.plain["Resources"].items() if one.get("Condition") == "HasCanary"}
        looked_at = [[one for one in alarm.get("Metrics", [1]) if one == 1 or "MetricStat" in one]
                     for name, alarm in alarms if name not in canary]
        self.alarm_metrics = sum(map(len, looked_at))
        self.queues = len(template.of_type("AWS::Lambda::EventSourceMapping"))
        self.keep_days = template.value({"Fn::FindInMap": ["Journals", "Keep", "Days"]})
        self.log_days = template.source["Parameters"]["LogRetentionDays"]["Default"]


def cells(line):
    return [cell.strip().strip("`") for cell in line.strip().strip("|").split("|")]


def section(text, heading):
    return text.split(f"\n## {heading}\n")[1].split("\n## ")[0].splitlines()


def table(text, heading):
    """The rows of a table by their first cell."""
    rows = [cells(line) for line in section(text, heading) if line.startswith("| ")]
    return {name: rest for name, *rest in rows[2:]}


def one(inputs, kind):
    """What one of a kind costs, by part."""
    price, assume, count = inputs.price, inputs.assume, inputs.counts[kind]
    queued = 0 if kind == "the clock ticks" else count["runs"] - count["clicks"]
    handed_on = max(0, count["messages"] - queued) if count["clicks"] else 0
    asked_of_aws = count["S3 reads"] + count["S3 writes and lists"] + handed_on
    seconds = (count["vendor calls"] * assume["seconds a vendor call"] + asked_of_aws * assume["seconds a call of AWS"]
               + count["CPU ms"] / 1_000 * WHOLE_CPU_MB / inputs.memory_mb)
    logged = (count["log bytes"] + count["runs"] * assume["bytes Lambda logs a run"]
              + count["clicks"] * assume["bytes a line of the access log"])
    months = inputs.log_days / DAYS_A_MONTH
    stored = (count["journal bytes"] * inputs.keep_days
              + count["S3 writes and lists"] * assume["bytes a version of a journal"] * 14) / DAYS_A_MONTH
    scanned = count["messages"] * assume["bytes a message"]
    return {
        "Lambda": count["runs"] * price["Lambda request"] / 1e6
        + seconds * inputs.memory_mb / 1_024 * price["Lambda GB-second"],
        "SNS": count["messages"] * price["SNS request"] / 1e6 + scanned / GB * price["SNS filtered GB"],
        "SQS": 3 * queued * price["SQS request"] / 1e6,
        "S3": (count["S3 writes and lists"] * price["S3 write or list"] + count["S3 reads"] * price["S3 read"]) / 1e3
        + stored / GB * price["S3 GB-month"],
        "API Gateway": count["clicks"] * price["HTTP API request"] / 1e6,
        "CloudWatch": logged / GB * (price["logs GB"] + months * price["logs GB-month"]),
        "KMS": 0.0,
        "EventBridge": 0.0,
    }


def standing(inputs):
    """What a month costs when nothing happens."""
    price, assume = inputs.price, inputs.assume
    cost = {part: MINUTES_A_MONTH * dollars for part, dollars in one(inputs, "the clock ticks").items()}
    polls = inputs.queues * assume["pollers a queue"] * 60 / assume["seconds a poll"] * MINUTES_A_MONTH
    cost["SQS"] += polls * price["SQS request"] / 1e6
    watched = assume["metrics of Dispatch"] + assume["detailed metrics of the address"]
    cost["CloudWatch"] += watched * price["metric"] + inputs.alarm_metrics * price["alarm metric"] + price["dashboard"]
    cost["KMS"] += price["KMS key"]
    cost["EventBridge"] += MINUTES_A_MONTH * price["EventBridge schedule"] / 1e6
    return cost


def mix(inputs, size):
    """How many of each kind a month of this size has: as many alarms of their own as GitHub takes, the rest repeats."""
    assume = inputs.assume
    lives = min(size, assume["items GitHub takes an hour"] * 24 * DAYS_A_MONTH / assume["items an alarm"])
    noes = lives * assume["answers that are no"]
    return {"somebody is asked": lives, "a repeat comes": size - lives, "the answer is yes": lives - noes,
            "the answer is no": noes}


def month(inputs, size):
    cost, played = standing(inputs), mix(inputs, size)
    for kind, times in played.items():
        for part, dollars in one(inputs, kind).items():
            cost[part] += times * dollars
    published = sum(times * inputs.counts[kind]["messages"] for kind, times in played.items())
    most = inputs.assume["publishers"] * MINUTES_A_MONTH / 5
    cost["KMS"] += 2 * min(published, most) * inputs.price["KMS request"] / 1e4
    return cost


def predecessor(inputs, size, open_issues):
    """What the predecessor costs: it looks through all open issues, 30 at a time, for each message."""
    price, assume, played = inputs.price, inputs.assume, mix(inputs, size)
    look_up = open_issues // 30 + 1
    calls = (played["somebody is asked"] * (assume["predecessor's calls an alarm"] - 1 + look_up)
             + played["a repeat comes"] * look_up + played["somebody is asked"] * assume["predecessor's calls a click"])
    runs = size + played["somebody is asked"]
    seconds = calls * assume["seconds a vendor call"] + runs * assume["predecessor's own seconds a run"]
    cost = dict.fromkeys(PARTS, 0.0)
    cost["Lambda"] = (runs * price["Lambda request"] / 1e6
                      + seconds * assume["predecessor's memory in MB"] / 1_024 * price["Lambda GB-second"])
    cost["SNS"] = size * price["SNS request"] / 1e6
    cost["API Gateway"] = played["somebody is asked"] * price["REST API request"] / 1e6
    cost["KMS"] = price["KMS key"]
    return cost


def dollars(amount):
    return f"${amount:,.2f}" if amount < 1_000 else f"${amount:,.0f}"


def row(name, amounts):
    return f"| {name} | " + " | ".join(map(dollars, amounts)) + " |"


def by_size(costs):
    lines = ["| a month | " + " | ".join(f"{size:,} messages" for size in SIZES) + " |",
             "| --- |" + " ---: |" * len(SIZES)]
    used = [part for part in PARTS if any(cost[part] for cost in costs) or part == "EventBridge"]
    lines += [row(part, [cost[part] for cost in costs]) for part in used]
    return [*lines, row("**together**", [sum(cost.values()) for cost in costs])]


def reckoned(inputs):
    """What stands between the marks."""
    yield [*by_size([month(inputs, size) for size in SIZES]),
           row("of it, when nothing happens", [sum(standing(inputs).values())] * len(SIZES))]
    for open_issues in (0, 10_000):
        costs = [predecessor(inputs, size, open_issues) for size in SIZES]
        yield by_size(costs)
    kinds = [kind for kind in inputs.counts if kind != "the clock ticks"]
    used = [part for part in PARTS if any(one(inputs, kind)[part] for kind in kinds)]
    yield ["| a million times | " + " | ".join(used) + " | together |", "| --- |" + " ---: |" * (len(used) + 1),
           *(row(kind, [1e6 * cost[part] for part in used] + [1e6 * sum(cost.values())])
             for kind, cost in ((kind, one(inputs, kind)) for kind in kinds))]


def summary(inputs):
    """The sums alone, for the guide."""
    ours = [month(inputs, size) for size in SIZES]
    head, line, *_ = by_size(ours)
    sums = [row("Dispatch", [sum(cost.values()) for cost in ours])]
    for open_issues in (0, 10_000):
        theirs = [sum(predecessor(inputs, size, open_issues).values()) for size in SIZES]
        sums.append(row(f"its predecessor, with {open_issues:,} open issues", theirs))
    yield [head, line, *sums]


def written(text, tables):
    """A document with its tables reckoned anew."""
    first, *rest = text.split(BEGIN)
    after = [piece.split(END, 1)[1] for piece in rest]
    made = ["\n".join(lines) + "\n" for lines in tables]
    return first + "".join(BEGIN + one_made + END + piece for one_made, piece in zip(made, after, strict=True))


def documents(template):
    """Each document, as it is and as it should be."""
    inputs = Inputs(DOCUMENT.read_text(), template)
    for path, tables in ((DOCUMENT, reckoned), (GUIDE, summary)):
        text = path.read_text()
        yield path, text, written(text, tables(inputs))


def costs(template):
    """what the documents say of costs follows from prices and counts"""
    for _, text, better in documents(template):
        wrong = set(text.splitlines()) - set(better.splitlines())
        assert text == better, "\n".join(sorted(wrong) or ["a line is missing"])
    rest = sum(standing(Inputs(DOCUMENT.read_text(), template)).values())
    assert f"about ${rest:.0f} a month while little happens" in (ROOT / "README.md").read_text(), rest


def main():
    template = load()
    if sys.argv[1:] == ["--write"]:
        for path, _, better in documents(template):
            path.write_text(better)
    costs(template)
    print(f"ok     {costs.__doc__}")


if __name__ == "__main__":
    main()
