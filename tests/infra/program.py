"""What the code and README say of a deployment."""

import re
import tomllib

from template import ROOT

#: How calls of AWS are named in the code: the service and the operation.
CALL = re.compile(r'const \w+: &str = "(kms|lambda|secretsmanager|sns|sqs|ssm) ([A-Z]\w+)";')


def settings():
    """The settings, from README's table; the AWS SDK's own are not among them."""
    table = (ROOT / "README.md").read_text().split("\n## Settings\n")[1].split("\n## ")[0]
    rows = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    return {name for row in rows for name in re.findall("`([A-Z_]+)`", row) if not name.startswith("AWS_")}


def secret_settings():
    """The settings that are declared secret."""
    found = set()
    for path in (ROOT / "crates/services/src").rglob("*.rs"):
        text = path.read_text()
        constants = dict(re.findall(r'const (\w+): &str = "([A-Z_]+)";', text))
        for name, is_secret in re.findall(r"name: ([\w\"]+),.*?\n\s+secret: (true|false),", text, re.DOTALL):
            if is_secret == "true":
                found.add(constants.get(name, name.strip('"')))
    return found & settings()


def calls():
    """What Dispatch asks of AWS, such as `kms Decrypt`; S3 is not among them."""
    texts = [path.read_text() for path in (ROOT / "crates").glob("*/src/**/*.rs")]
    return {" ".join(call) for text in texts for call in CALL.findall(text)}


def metrics():
    """The names of the metrics that the functions write."""
    text = (ROOT / "crates/services/src/metrics.rs").read_text().split("#[cfg(test)]")[0]
    return set(re.findall(r'(?:Count|Span)::\w+ => "(\w+)"', text)) | set(re.findall(r'\("(\w+)", "Count", json', text))


def commands():
    """The commands of `dispatch` and their options."""
    found = {}
    for path in (ROOT / "crates/cli/src").glob("*.rs"):
        text = path.read_text()
        if name := re.search(r'COMMAND: Command =\s+Command \{\s*name: "([\w-]+)"', text):
            fields = re.findall(r"#\[arg\([^\]]*\blong\b[^\]]*\]\s*pub\(crate\) (\w+):", text)
            found[name[1]] = {field.replace("_", "-") for field in fields}
    return found


def store_rights():
    """The rights that the store says it needs."""
    text = (ROOT / "crates/services/src/store/s3.rs").read_text()
    return set(re.findall(r"`(s3:\w+)`", text))


def binaries():
    manifests = [tomllib.loads(path.read_text()) for path in (ROOT / "crates").glob("*/Cargo.toml")]
    return {binary["name"] for manifest in manifests for binary in manifest.get("bin", [])}


def paging_types():
    """The names of the message type that pages."""
    text = (ROOT / "crates/core/src/source/dispatch/high_priority.rs").read_text()
    return re.findall(r'"([\w-]+)"', re.search(r"names: &\[(.*?)\]", text)[1])


def timers():
    """Where timers lie in the store."""
    return re.search(r'const TIMERS: &str = "(\w+/)"', (ROOT / "crates/core/src/journal/timer.rs").read_text())[1]


def longest_wait_days():
    """How long a journal may wait for its deadline without being written."""
    hours = (ROOT / "crates/core/src/hours.rs").read_text()
    question = (ROOT / "crates/core/src/source/dispatch/fields/question.rs").read_text()
    ahead = int(re.search(r"const AHEAD: i128 = (\d+) \* DAY;", hours)[1])
    patience_s = re.search(r"const PATIENCE_S: .*= \d+\.\.=([\d_]+);", question)[1]
    return ahead + int(patience_s) / 86_400


def is_kept(prefix):
    """Whether the code keeps anything below this prefix."""
    texts = [path.read_text() for crate in ("core", "engine") for path in (ROOT / "crates" / crate).rglob("*.rs")]
    return any(f'"{prefix}' in text for text in texts)
