# SPDX-License-Identifier: BSD-3-Clause
"""The ways in which a program is made wrong, and the mutants that come of it.

	statement   a statement is left out
	condition   a condition is negated
	bound       a number is one more or less; < is <=, > is >=
	neighbour   another variable of the same type is used, or the member
	            beside it in its struct"""
import dataclasses
import hashlib
import re

from mutants.c_text import CLOSE, KEYWORDS, Unit

KINDS = ("statement", "condition", "bound", "neighbour")
CLOSER = {"<": "<=", "<=": "<", ">": ">=", ">=": ">"}
NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)([uUlL]*)$")
# What only speaks of what goes on.
TALK = re.compile(r"^(DPRINT|fprintf|printf|perror|vus_be_note|assert)\b")


@dataclasses.dataclass(frozen=True)
class Mutant:
    """A file in which one place reads `new`."""
    file: str
    function: str
    kind: str
    start: int
    end: int
    new: str

    def apply(self, text):
        return text[:self.start] + self.new + text[self.end:]

    def line(self, text):
        return text.count("\n", 0, self.start) + 1

    def diff(self, text, around=2):
        """What is changed, with so many lines around it."""
        lines = text.splitlines()
        first = text.count("\n", 0, self.start)
        last = text.count("\n", 0, self.end)
        head = "\n".join(lines[first:last + 1])
        at = self.start - (text.rfind("\n", 0, self.start) + 1)
        new = head[:at] + self.new + head[at + self.end - self.start:]
        return "\n".join([
            f"{self.file}:{first + 1}: in {self.function}",
            *("  " + x for x in lines[max(first - around, 0):first]),
            *("- " + x for x in head.split("\n")),
            *("+ " + x for x in new.split("\n")),
            *("  " + x for x in lines[last + 1:last + 1 + around])])

    def identity(self, text):
        """The same for the same change in the same function, wherever its
        lines have moved to."""
        said = [" ".join(x.split()) for x in
                self.diff(text, 1).split("\n")[1:]]
        # The like of it may stand in the function before.
        body = text[max(text.rfind("\n}\n", 0, self.start), 0):self.start]
        line = " ".join(text[self.start:self.end].split())
        words = [self.file, self.function, *said,
                 str(" ".join(body.split()).count(line))]
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:12]


def one_off(text):
    """What a number becomes: one more, and one less where it can be."""
    m = NUMBER.match(text)
    if not m:
        return []
    value = int(m[1], 0 if m[1][:2] in ("0x", "0X") else 10)
    form = "0x{:x}" if m[1][:2] in ("0x", "0X") else "{}"
    return [form.format(x) + m[2] for x in (value + 1, value - 1) if x >= 0]


class Maker:
    """Makes the mutants of one file; `beside` has the members of structs
    (Unit.members) that it may use."""

    def __init__(self, file, text, beside):
        self.file, self.beside = file, beside
        self.unit = Unit(text)

    def all(self):
        for f in self.unit.functions:
            names = self.unit.locals(f)
            for s in self.unit.statements(f.body):
                if TALK.match(self.unit.tokens[s.first].text):
                    continue
                yield from self._of_statement(f, s)
                for n in range(s.first, s.last + 1):
                    yield from self._of_token(f, n, names, s)

    def _make(self, f, kind, first, last, new):
        tokens = self.unit.tokens
        return Mutant(self.file, f.name, kind, tokens[first].start,
                      tokens[last].end, new)

    def _source(self, first, last):
        tokens = self.unit.tokens
        return self.unit.text[tokens[first].start:tokens[last].end]

    def _of_statement(self, f, s):
        if s.kind == "condition":
            yield self._make(f, "condition", s.first, s.last,
                             f"!({self._source(s.first, s.last)})")
        # Without its last statement, a function would return anything.
        elif s.kind == "simple" and s.last > s.first and not (
                self.unit.tokens[s.first].text == "return"
                and s.last + 1 == f.body.stop):
            yield self._make(f, "statement", s.first, s.last, ";")

    def _of_token(self, f, n, names, s):
        t = self.unit.tokens[n]
        if t.kind == "number":
            for new in one_off(t.text):
                yield self._make(f, "bound", n, n, new)
        elif t.text in CLOSER:
            yield self._make(f, "bound", n, n, CLOSER[t.text])
        elif t.kind == "word" and t.text not in KEYWORDS:
            yield from self._neighbours(f, n, names, s)

    def _neighbours(self, f, n, names, s):
        tokens, word = self.unit.tokens, self.unit.tokens[n].text
        before = tokens[n - 1].text
        if self.unit.is_sign(n + 1, "("):
            return
        if before in ("->", "."):
            # A designated initialiser names a member, too, but once only.
            named = before == "." and tokens[n - 2].text not in CLOSE and (
                tokens[n - 2].kind != "word")
            others = () if named else sorted(self.beside.get(word, ()))
        elif s.kind == "declaration" and not self._behind_value(s, n):
            others = ()
        elif before == "goto" or word not in names:
            others = ()
        else:
            others = sorted(x for x, kind in names.items()
                            if kind == names[word] and x != word)
        for other in others:
            yield self._make(f, "neighbour", n, n, other)

    def _behind_value(self, s, n):
        return any(self.unit.is_sign(x, "=") for x in range(s.first, n))


def mutants_of(file, text, beside, kinds=KINDS):
    """In the order of the file, each place and change once."""
    found = {}
    for m in Maker(file, text, beside).all():
        if m.kind in kinds:
            found.setdefault((m.start, m.end, m.new), m)
    return sorted(found.values(), key=lambda m: (m.start, m.end, m.new))


def members_of(texts):
    """What stands beside each member in the structs of these files."""
    beside = {}
    for text in texts:
        for name, others in Unit(text).members().items():
            beside[name] = beside.get(name, set()) | others
    return beside

