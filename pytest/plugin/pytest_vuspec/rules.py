# SPDX-License-Identifier: BSD-3-Clause
"""Which tests mark which rules of the catalogue, and which of them failed.

A parametrized test is one test: its name without the brackets."""
import json


def rules_of(item):
    return [mark.args[0] for mark in item.iter_markers("rule")]


def test_id(nodeid):
    return nodeid.split("[")[0]


class Rules:
    """Writes {"marks": [[test, rule]], "failed": [[test, rule]],
    "errors": [test]}."""

    def __init__(self, path, only):
        self.path, self.only = path, only
        self.marks, self.failed, self.errors = {}, set(), []

    def pytest_collection_modifyitems(self, config, items):
        for item in items:
            self.marks[item.nodeid] = rules_of(item)
        if self.only:
            out = [x for x in items if self.only not in rules_of(x)]
            config.hook.pytest_deselected(items=out)
            items[:] = [x for x in items if self.only in rules_of(x)]

    def pytest_runtest_logreport(self, report):
        if report.failed and report.when != "call":
            self.errors.append(report.nodeid)
        elif report.failed:
            self.failed |= {(test_id(report.nodeid), rule)
                            for rule in self.marks.get(report.nodeid, [])}

    def pytest_sessionfinish(self):
        if not self.path:
            return
        marks = {(test_id(nodeid), rule) for nodeid, rules in
                 self.marks.items() for rule in rules}
        with open(self.path, "w", encoding="utf-8") as f:
            json.dump({"marks": sorted(marks), "failed": sorted(self.failed),
                       "errors": self.errors}, f)
