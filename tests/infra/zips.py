"""Holds the zips of a release against what Lambda takes, and each against itself: made twice, they are the same.

    python zips.py --build FOLDER
"""

import argparse
import importlib.util
import os
import re
import shutil
import sys
import tempfile
import zipfile
from pathlib import Path

sys.dont_write_bytecode = True  # nothing is to be left in the checkout

from template import ROOT  # noqa: E402

#: What Lambda takes without a bucket in between, in bytes.
ZIP_MAX = 50 * 1024 * 1024
#: The C library of Amazon Linux 2023.
GLIBC = (2, 34)
#: What ELF calls the processors.
MACHINES = {62: "x86_64", 183: "arm64"}


def packer():
    """The program that makes the zips."""
    found = importlib.util.spec_from_file_location("packer", ROOT / "infra" / "zips.py")
    module = importlib.util.module_from_spec(found)
    found.loader.exec_module(module)
    return module


def copy(build, folder, time_s, mode):
    """The same programs, built at another time by somebody with other habits."""
    for name in ("Incoming", "Triage"):
        program = folder / name / "bootstrap"
        program.parent.mkdir(parents=True)
        shutil.copyfile(build / name / "bootstrap", program)
        program.chmod(mode)
        os.utime(program, (time_s, time_s))
    return folder


def check_same(build, folder):
    """made twice, at other times, from files of another mode, they are the same"""
    pack = packer().pack_all
    first = pack(copy(build, folder / "1", 1_000_000_000, 0o755), folder / "first")
    second = pack(copy(build, folder / "2", 1_700_000_001, 0o600), folder / "second")
    assert [archive.name for archive in first] == ["incoming.zip", "triage.zip"], first
    for one, other in zip(first, second, strict=True):
        assert one.read_bytes() == other.read_bytes(), one.name
    assert (folder / "first/SHA256SUMS").read_text() == (folder / "second/SHA256SUMS").read_text()


def check_different(build, folder):
    """another program is another zip"""
    changed = copy(build, folder / "3", 1_000_000_000, 0o755)
    with (changed / "Triage/bootstrap").open("ab") as program:
        program.write(b"\0")
    incoming, triage = packer().pack_all(changed, folder / "third")
    assert incoming.read_bytes() == (folder / "first/incoming.zip").read_bytes()
    assert triage.read_bytes() != (folder / "first/triage.zip").read_bytes()


def check_taken(_build, folder):
    """Lambda can run what is in them"""
    machines = set()
    for archive in sorted((folder / "first").glob("*.zip")):
        with zipfile.ZipFile(archive) as packed:
            (entry,) = packed.infolist()
            program = packed.read(entry)
        assert (entry.filename, entry.external_attr >> 16) == ("bootstrap", 0o100755), entry
        assert program[:4] == b"\x7fELF", "it is no program for Linux"
        machines.add(MACHINES[int.from_bytes(program[18:20], "little")])
        wanted = max(tuple(map(int, version)) for version in re.findall(rb"GLIBC_(\d+)\.(\d+)", program))
        assert wanted <= GLIBC, f"{archive.name} wants glibc {wanted}"
        size = archive.stat().st_size
        assert size < ZIP_MAX, f"{archive.name}: {size} bytes"
        version = ".".join(map(str, wanted))
        print(f"       {archive.name}: {size / 1e6:.1f} MB, {len(program) / 1e6:.1f} MB unpacked, glibc {version}")
    assert len(machines) == 1, machines


def main():
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--build", type=Path, default=ROOT / ".aws-sam" / "build")
    build = arguments.parse_args().build.resolve()
    with tempfile.TemporaryDirectory() as folder:
        for check in (check_same, check_different, check_taken):
            check(build, Path(folder))
            print(f"ok     {check.__doc__}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
