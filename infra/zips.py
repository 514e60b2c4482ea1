#!/usr/bin/env python3
"""Makes the zips of a release: one for each function, the same bytes from the same programs.

    python3 infra/zips.py BUILD OUT

BUILD is what `sam build` leaves: a folder for each function, with its `bootstrap`. OUT gets `incoming.zip`,
`triage.zip` and `SHA256SUMS`. (`cargo lambda build --output-format zip` writes into each zip when its program was built.)
"""

import hashlib
import sys
import zipfile
from pathlib import Path

#: The earliest time that a zip can hold.
TIME = (1980, 1, 1, 0, 0, 0)


def pack(program, archive):
    """Writes a zip that holds the program alone, under the name that Lambda runs."""
    entry = zipfile.ZipInfo("bootstrap", TIME)
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.create_system = 3  # Unix, on whatever this runs: Lambda wants to know that it may be run
    entry.external_attr = 0o100755 << 16
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr(entry, program.read_bytes(), compresslevel=9)


def pack_all(build, out):
    """Packs every function of a build; the paths of the zips."""
    out.mkdir(parents=True, exist_ok=True)
    archives = []
    for program in sorted(build.glob("*/bootstrap")):
        archives.append(out / f"{program.parent.name.lower()}.zip")
        pack(program, archives[-1])
    sums = [f"{hashlib.sha256(archive.read_bytes()).hexdigest()}  {archive.name}\n" for archive in archives]
    (out / "SHA256SUMS").write_text("".join(sums))
    return archives


def main():
    if len(sys.argv) != 3:
        sys.exit(__doc__.split("\n\n")[1].strip())
    archives = pack_all(Path(sys.argv[1]), Path(sys.argv[2]))
    if not archives:
        sys.exit(f"{sys.argv[1]} holds no function; run sam build first")
    for archive in archives:
        print(f"{archive} {archive.stat().st_size} bytes")


if __name__ == "__main__":
    main()
