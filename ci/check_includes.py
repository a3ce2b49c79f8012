#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Every file includes its own floor or a lower one, and the two fakes never
include each other."""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
# The longest prefix of a path decides its floor (README.md, "The house").
FLOORS = {
    "harness/base": 0, "harness/proc": 1, "harness/wire": 1, "harness/mem": 1,
    "harness/ring": 1, "harness/link": 2, "harness/spec": 3,
    "harness/run": 3, "harness/unit": 6, "harness/cli": 6,
    "fake-frontend": 3, "fake-frontend/fixture": 4, "fake-frontend/unit": 5,
    "fake-frontend/cases": 5, "fake-backend": 3, "fake-backend/devices": 4,
    "fake-backend/fixture": 4, "fake-backend/unit": 5,
    "fake-backend/cases": 5, "fuzz": 5,
}
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def floor(path):
    parts = path.parent.parts
    for n in range(len(parts), 0, -1):
        name = "/".join(parts[:n])
        if name in FLOORS:
            return name, FLOORS[name]
    return None, None


def main():
    bad = 0
    for top in ("harness", "fake-frontend", "fake-backend", "fuzz"):
        for src in sorted((ROOT / top).rglob("*.[ch]")):
            rel = src.relative_to(ROOT)
            room, level = floor(rel)
            for n, line in enumerate(src.read_text().splitlines(), 1):
                m = INCLUDE.match(line)
                if not m or m[1].endswith(".def"):
                    continue
                target = (src.parent / m[1]).resolve()
                if not target.exists() or ROOT not in target.parents:
                    continue  # generated, or the compiler will say
                troom, tlevel = floor(target.relative_to(ROOT))
                fakes = {rel.parts[0], target.relative_to(ROOT).parts[0]}
                if fakes == {"fake-frontend", "fake-backend"}:
                    why = "the two fakes must not include each other"
                elif level is None or tlevel is None:
                    why = f"no floor is known for {rel.parent}"
                elif tlevel > level:
                    why = (f"floor {level} ({room}) includes floor {tlevel} "
                           f"({troom}); move what it needs down")
                else:
                    continue
                print(f"{rel}:{n}: {m[1]}: {why}")
                bad += 1
    return 1 if bad else 0


sys.exit(main())
