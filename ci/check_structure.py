#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""The structure of the tree, beyond what the compiler sees (a floor's includes
are its dependencies in meson: an include of a higher floor does not compile).

* An include names a file of the same folder, or FLOOR/NAME.h; never "..".
* Files form no circle: an arrow leads from a file to each file whose header it
  includes or whose functions it calls; NAME.c and NAME.h are one file here.
* The folders of the programs include nothing of their cases or faults.
* No honest file names a fault: what a fault changes is a decision.  The option
  --fault and the registry behind it are the exceptions.

Prints `file:line: what; remedy`."""
import collections
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
TOPS = ("harness", "fake-frontend", "fake-backend", "fuzz")
CASE_ROOMS = ("fake-frontend/backend_cases", "fake-backend/frontend_cases")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"', re.M)
COMMENT = re.compile(r'/\*.*?\*/|"(?:[^"\\\n]|\\.)*"', re.S)
# A function's definition: its line begins with a type, and a brace follows.
DEFINITION = re.compile(
    r"^(?!static|typedef|extern)[a-z_][\w \t*]*?\b(vus_\w+)\([^;{]*\)\s*\{",
    re.M)
WORD = re.compile(r"\bvus_\w+(?=\s*\()")


def room_of(rel):
    for room in CASE_ROOMS:
        if rel.startswith(room + "/"):
            return room
    return None


def resolve(rel, include):
    """The tracked file that an include of `rel` names, or None: generated."""
    room = room_of(rel)
    places = [str(pathlib.PurePath(rel).parent / include),
              "harness/" + include, include]
    if room:
        places.append(f"{room}/{include}")
    for place in places:
        if (ROOT / place).is_file():
            return place
    return None


def module(rel):
    return rel[:-2] if rel.endswith((".c", ".h")) else rel


def honest(rel):
    """Is it part of a program, and not a case, a fault or a test?"""
    return rel.startswith(("fake-frontend/", "fake-backend/")) and not (
        room_of(rel) or "/faults/" in rel or "/unit/" in rel)


# Files that choose faults, and words that mean something else.
CHOOSE = {"fault_registry", "options", "program", "memory_fault"}
FAULT = re.compile(r"(?i)\b\w*fault\w*\b")
OTHER = re.compile(r"(?i)default|EFAULT|fault_(state|memory)$|memory_fault|"
                   r"userfault|pagefault")


def names_of_faults(rel, plain):
    """Lines on which an honest file's code names a fault."""
    floor = rel.startswith("harness/") and not rel.startswith(
        ("harness/spec/", "harness/cli/")) and "/unit/" not in rel
    if not (floor or honest(rel)) or pathlib.PurePath(rel).stem in CHOOSE:
        return
    for m in FAULT.finditer(plain):
        if not OTHER.search(m[0]):
            line = plain.count("\n", 0, m.start()) + 1
            yield (f"{rel}:{line}: names {m[0]}; make what it changes a "
                   "decision (decisions.h), and replace that in faults/")


def circles(arrows):
    """Strongly connected sets of two or more (Tarjan, without recursion)."""
    index, low, onto, stack, found = {}, {}, set(), [], []
    for root in sorted(arrows):
        if root in index:
            continue
        work = [(root, iter(sorted(arrows[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        onto.add(root)
        while work:
            node, more = work[-1]
            for to in more:
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    onto.add(to)
                    work.append((to, iter(sorted(arrows.get(to, ())))))
                    break
                if to in onto:
                    low[node] = min(low[node], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[node])
                if low[node] == index[node]:
                    ring = []
                    while True:
                        ring.append(stack.pop())
                        onto.discard(ring[-1])
                        if ring[-1] == node:
                            break
                    if len(ring) > 1:
                        found.append(sorted(ring))
    return found


def main():
    bad = []
    texts = {str(p.relative_to(ROOT)): p.read_text()
             for top in TOPS for p in sorted((ROOT / top).rglob("*.[ch]"))}
    arrows = collections.defaultdict(dict)
    where = {}
    for rel, text in texts.items():
        for name in DEFINITION.findall(text) if rel.endswith(".c") else ():
            where.setdefault(name, module(rel))
    for rel, text in texts.items():
        me = module(rel)
        arrows[me] = arrows[me]
        plain = COMMENT.sub(lambda m: "\n" * m[0].count("\n"), text)
        bad += names_of_faults(rel, plain)
        for m in INCLUDE.finditer(text):
            line = text.count("\n", 0, m.start()) + 1
            if ".." in m[1]:
                bad.append(f"{rel}:{line}: includes \"{m[1]}\"; name the floor, "
                           "as in \"wire/wire.h\"")
                continue
            to = resolve(rel, m[1])
            if not to:
                continue
            if honest(rel) and (room_of(to) or "/faults/" in to) and \
                    pathlib.PurePath(rel).stem not in ("main", "options"):
                bad.append(f"{rel}:{line}: includes {to}; a program's own "
                           "folder must not: move what is shared out of the "
                           "cases and faults")
            if module(to) != me:
                arrows[me].setdefault(module(to), f"{rel}:{line}: includes")
        if rel.endswith(".c"):
            for m in WORD.finditer(plain):
                to = where.get(m[0], me)
                line = plain.count("\n", 0, m.start()) + 1
                if to != me:
                    arrows[me].setdefault(to,
                                          f"{rel}:{line}: calls {m[0]}() of")
    for ring in circles(arrows):
        bad += [f"{arrows[a][b]} {b}, in a circle of {len(ring)} files; move "
                "what both need into a third"
                for a in ring for b in ring if b in arrows[a]]
    print("\n".join(bad))
    return 1 if bad else 0


sys.exit(main())
