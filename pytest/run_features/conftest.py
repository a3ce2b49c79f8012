# SPDX-License-Identifier: BSD-3-Clause
"""The fixtures of pytest/cli, for what a run offers around its verdicts."""
import importlib.util
import pathlib

CLI = pathlib.Path(__file__).resolve().parent.parent / "cli" / "conftest.py"
spec = importlib.util.spec_from_file_location("cli_conftest", CLI)
cli = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cli)

SMOKE = cli.SMOKE
for fixture in ("program", "fake_backend", "folder", "vuspec", "bad_peer",
                "honest"):
    globals()[fixture] = getattr(cli, fixture)
