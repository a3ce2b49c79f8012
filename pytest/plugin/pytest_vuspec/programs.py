# SPDX-License-Identifier: BSD-3-Clause
"""Where the programs under test are: options, environment, then the PATH."""
import os
import pathlib
import shutil


def find(config, option, env, names, folders=()):
    """A program's path, or None.  --OPTION wins over the environment, which
    wins over a build folder and the PATH."""
    chosen = config.getoption(option, None) or os.environ.get(env)
    if chosen:
        found = shutil.which(chosen)
        if not found:
            raise FileNotFoundError(f"{chosen}: not a program (--{option})")
        return str(pathlib.Path(found).resolve())
    for folder in folders:
        for name in names:
            path = pathlib.Path(folder) / name
            if os.access(path, os.X_OK) and path.is_file():
                return str(path)
    for name in names:
        found = shutil.which(pathlib.Path(name).name)
        if found:
            return found
    return None


def build_folders(config):
    """--vuspec-build, else the usual ones beside the tests."""
    given = (config.getoption("vuspec_build", None) or
             os.environ.get("VUSPEC_BUILD"))
    if given:
        return [pathlib.Path(given)]
    tree = pathlib.Path(__file__).resolve().parents[3]
    return [tree / "build", tree / "build-test-gcc"]


def vuspec(config):
    return find(config, "vuspec_program", "VUSPEC",
                ["harness/cli/vuspec"], build_folders(config))


def fake_backend(config):
    return find(config, "fake_backend", "VUSPEC_FAKE_BACKEND",
                ["fake-backend/fake-backend"], build_folders(config))


def fake_frontend(config):
    return find(config, "fake_frontend", "VUSPEC_FAKE_FRONTEND",
                ["fake-frontend/fake-frontend"], build_folders(config))


def qemu(config):
    return find(config, "qemu", "VUSPEC_QEMU", ["qemu-system-x86_64"])


def is_fake(program):
    """Is fake-frontend used instead of QEMU?"""
    return pathlib.Path(program).name == "fake-frontend"
