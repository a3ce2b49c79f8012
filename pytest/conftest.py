# SPDX-License-Identifier: BSD-3-Clause
"""The plugin of this project, from its own tree.  (This folder must have no
__init__.py: it would hide pytest itself.)"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent / "plugin"))

pytest_plugins = ["pytest_vuspec"]
