# SPDX-License-Identifier: BSD-3-Clause
"""As much of C as a mutant needs: tokens, functions, statements, names.

Nothing is preprocessed, and nothing is understood for certain: what is
misread makes a mutant that does not build, or is left as it is."""
import collections
import dataclasses
import re

LEXER = re.compile(r"""
    (?P<gap>\s+ | /\*.*?\*/ | //[^\n]* | ^[ \t]*\#(?:\\.|[^\\\n])*)
  | (?P<text>"(?:\\.|[^"\\])*" | '(?:\\.|[^'\\])*')
  | (?P<number>\.?\d(?:[eEpP][+-]|[\w.])*)
  | (?P<word>[A-Za-z_]\w*)
  | (?P<sign><<=|>>=|\.\.\.|->|\+\+|--|<<|>>|[<>=!+\-*/%&|^]=|&&|\|\||.)
    """, re.S | re.M | re.X)
OPEN, CLOSE = "([{", ")]}"
LOOPS = {"if", "while", "for", "switch"}
LEAVE = {"return", "goto", "break", "continue"}
KEYWORDS = LOOPS | LEAVE | {"case", "default", "else", "do", "sizeof", "NULL"}
OF_TYPES = {"struct", "union", "enum", "const", "static", "unsigned", "signed",
            "void", "char", "short", "int", "long", "bool", "volatile"}


@dataclasses.dataclass(frozen=True)
class Token:
    kind: str
    text: str
    start: int
    end: int


def tokens_of(text):
    return [Token(m.lastgroup, m[0], m.start(), m.end())
            for m in LEXER.finditer(text) if m.lastgroup != "gap"]


def partners(tokens):
    """The index of the bracket that closes each bracket, and back."""
    found, open_ = {}, []
    for n, t in enumerate(tokens):
        if t.kind != "sign":
            continue
        if t.text in OPEN:
            open_.append(n)
        elif t.text in CLOSE and open_:
            found[n] = open_.pop()
            found[found[n]] = n
    return found


class Statement:
    """`simple`: from `first` to its semicolon, `last`; `condition`: what is
    between the brackets of an `if`, a `while`, the middle of a `for`."""

    def __init__(self, kind, first, last):
        self.kind, self.first, self.last = kind, first, last


class Function:
    def __init__(self, name, parameters, body):
        # Ranges of tokens, without their brackets.
        self.name, self.parameters, self.body = name, parameters, body


class Unit:
    """A file's tokens, and the functions in it."""

    def __init__(self, text):
        self.text = text
        self.tokens = tokens_of(text)
        self.partner = partners(self.tokens)
        self.functions = list(self._functions())

    def is_sign(self, n, text):
        return 0 <= n < len(self.tokens) and self.tokens[n].text == text

    def _functions(self):
        n = 0
        while n < len(self.tokens):
            end = self.partner.get(n)
            if not self.is_sign(n, "{") or end is None:
                n += 1
                continue
            first = self.partner.get(n - 1)
            if self.is_sign(n - 1, ")") and first:
                name = self.tokens[first - 1].text
                # A macro that makes a function is named by what it gets.
                if name.isupper() and self.tokens[first + 1].kind == "word":
                    name = self.tokens[first + 1].text
                yield Function(name, range(first + 1, n - 1),
                               range(n + 1, end))
            n = end + 1

    def statements(self, body):
        n = body.start
        while n < body.stop:
            found, n = self._statement(n, body.stop)
            yield from found

    def _statement(self, n, stop):
        """The statements that begin here, and what comes behind them."""
        if n >= stop:
            return [], stop
        word = self.tokens[n].text
        if word == "{":
            end = self.partner.get(n, stop)
            return list(self.statements(range(n + 1, end))), end + 1
        if word in ("case", "default") or self._is_label(n):
            while n < stop and not self.is_sign(n, ":"):
                n += 1
            return [], n + 1
        if word in ("else", "do"):
            return self._statement(n + 1, stop)
        if word in LOOPS and self.is_sign(n + 1, "("):
            end = self.partner.get(n + 1, stop)
            found = [Statement("condition", *x)
                     for x in self._conditions(word, n + 2, end)]
            inner, n = self._statement(end + 1, stop)
            return found + inner, n
        return self._simple(n, stop)

    def _is_label(self, n):
        return (self.tokens[n].kind == "word" and self.is_sign(n + 1, ":"))

    def _conditions(self, word, first, end):
        if word == "switch" or first >= end:
            return
        if word != "for":
            yield first, end - 1
            return
        parts = [x for x in range(first, end) if self.is_sign(x, ";")]
        if len(parts) == 2 and parts[1] > parts[0] + 1:
            yield parts[0] + 1, parts[1] - 1

    def _simple(self, n, stop):
        at = n
        while at < stop and not self.is_sign(at, ";"):
            # A macro that is a loop: NAME(...) and a block.
            if (self.is_sign(at, "{")
                    and self.partner.get(n + 1) == at - 1):
                return self._statement(at, stop)
            if self.tokens[at].text in OPEN:
                at = self.partner.get(at, stop)
            at += 1
        if at >= stop:
            return [], stop
        kind = "declaration" if self.is_declaration(n) else "simple"
        return [Statement(kind, n, at)], at + 1

    def is_declaration(self, n):
        if self.tokens[n].text in OF_TYPES:
            return True
        if self.tokens[n].kind != "word" or self.tokens[n].text in KEYWORDS:
            return False
        n += 1
        while self.is_sign(n, "*"):
            n += 1
        return self.tokens[n].kind == "word"

    # ---- names ----

    def declared(self, first, last):
        """(name, type) of a declaration of one or several, without values."""
        parts, part = [], []
        n = first
        while n < last:
            text = self.tokens[n].text
            if text in ",=":
                parts.append(part)
                part = []
            if text == "=":
                while n < last and not self.is_sign(n, ","):
                    n = self.partner.get(n, n) if (
                        self.tokens[n].text in OPEN) else n
                    n += 1
                continue
            if text in OPEN:
                n = self.partner.get(n, last)
            elif text != ",":
                part.append(text)
            n += 1
        base = None
        for words in [*parts, part]:
            stars = words.count("*")
            words = [x for x in words if x not in ("*", "const")]
            if not words:
                continue
            if base is None:
                base = " ".join(words[:-1])
            if base:
                yield words[-1], base + "*" * stars

    def locals(self, function):
        """Type of each parameter and each variable of a function."""
        found, first = {}, function.parameters.start
        depth = 0
        for n in [*function.parameters, function.parameters.stop]:
            text = self.tokens[n].text
            if n == function.parameters.stop or (text == "," and not depth):
                found.update(self.declared(first, n))
                first = n + 1
            elif text in OPEN:
                depth += 1
            elif text in CLOSE:
                depth -= 1
        for s in self.statements(function.body):
            if s.kind == "declaration":
                found.update(self.declared(s.first, s.last))
        return found

    def members(self):
        """For each name of a member, those beside it that have its type."""
        beside = collections.defaultdict(set)
        for n, t in enumerate(self.tokens):
            near = {x.text for x in self.tokens[max(n - 3, 0):n]}
            if t.text != "{" or n not in self.partner or not (
                    near & {"struct", "union"}):
                continue
            kinds = collections.defaultdict(set)
            first = n + 1
            for at in range(n + 1, self.partner[n]):
                if self.is_sign(at, ";"):
                    for name, kind in self.declared(first, at):
                        kinds[kind].add(name)
                    first = at + 1
            for names in kinds.values():
                for name in names:
                    beside[name] |= names - {name}
        return beside
