# SPDX-License-Identifier: BSD-3-Clause
"""The plugin of this project, from its own tree.  (This folder must have no
__init__.py: it would hide pytest itself.)"""
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "plugin"))
# Where ci/setup puts the QMP library.
sys.path.append(str(HERE.parent / "build-python"))

pytest_plugins = ["pytest_vuspec"]
