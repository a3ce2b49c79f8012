# SPDX-License-Identifier: BSD-3-Clause
"""The programs whose mutants are judged: what is mutated, how it is built, how
the suite runs it."""
import fnmatch
import json
import os
import pathlib
import shlex
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
LONGEST_BUILD_S = 120
LIBVHOST_USER = "libvhost-user.c"
# Sections that nobody needs are left out: a mutant of a function that is not
# called is the same program, byte for byte.
BUILD_LIBVHOST_USER = (
    "cc -std=gnu11 -O1 -w -D_GNU_SOURCE -ffunction-sections -I. -pthread "
    "-o {{out}} {daemon} libvhost-user.c -s -Wl,--gc-sections "
    "-Wl,--build-id=none".format(
        daemon=shlex.quote(str(ROOT / "ci/mutants/libvhost_user_blk.c"))))
# A type that does not fit is no mutant that a compiler would let through.
STRICT = ["-Werror=incompatible-pointer-types", "-Werror=int-conversion",
          "-Werror=implicit-function-declaration"]


class NoProgram(Exception):
    """It is not there, or cannot be mutated."""


def run_build(words, folder, shell=False):
    """What the compiler complained of, or None."""
    try:
        done = subprocess.run(words, cwd=folder, shell=shell, text=True,
                              check=False, stdin=subprocess.DEVNULL,
                              stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT,
                              timeout=LONGEST_BUILD_S)
    except subprocess.TimeoutExpired:
        return f"not built after {LONGEST_BUILD_S} s"
    return None if done.returncode == 0 else done.stdout or "it failed"


class Folder:
    """A program that one command builds in its folder.  The folder is only
    read: each mutant is built in a copy."""

    def __init__(self, name, source, files, build, run, party):
        self.name, self.source, self.party = name, pathlib.Path(source), party
        self.words = []
        self._build, self._run = build, run
        self.files = [str(x.relative_to(self.source)) for glob in files
                      for x in sorted(self.source.glob(glob))]

    def text(self, file):
        return (self.source / file).read_text()

    def headers(self):
        return [x.read_text(errors="replace")
                for x in sorted(self.source.glob("*.h"))]

    def build(self, file, text, scratch):
        """(path, None), or (None, why)."""
        tree, out = scratch / "source", scratch / "program"
        if not tree.exists():
            shutil.copytree(self.source, tree)
        (tree / file).write_text(text)
        why = run_build(self._build.replace("{out}", shlex.quote(str(out))),
                        tree, shell=True)
        return (None, why) if why else (out, None)

    def command(self, program):
        return [x.replace("{out}", str(program))
                for x in shlex.split(self._run)]


class Ours:
    """fake-backend or fake-frontend, as meson builds it.  What it shares with
    vuspec is not mutated."""

    RUN = {
        "fake-backend": "{out} --socket-path {socket} --device {of}",
        "fake-frontend":
            "{out} -m 16M -machine memory-backend=mem -object "
            "memory-backend-{memory},id=mem,size=16M,share=on -chardev "
            "socket,id=c0,path={socket},reconnect=1 -device "
            "vhost-user-{device},chardev=c0,num-queues={queues} "
            "--control {ctl}",
    }
    # Words of the command line, faults, and devices that are not driven:
    # neither is the protocol.
    NOT = {"options.c", "program.c", "main.c", "fault_registry.c",
           "qemu_args.c", "note.c", "control.c"}
    NOT_DEVICES = {"net.c", "rng.c", "invert.c", "fs.c", "gpu.c", "input.c",
                   "scsi.c", "vsock.c"}

    def __init__(self, name, build):
        self.name, self.party = name, name.removeprefix("fake-")
        self.words = [] if self.party == "backend" else [
            "--control", str(ROOT / "ci/mutants/relay.py")]
        self.source, self.folder = ROOT / name, pathlib.Path(build).resolve()
        commands = self.folder / "compile_commands.json"
        if not commands.is_file():
            raise NoProgram(f"{build} has no compile_commands.json; name the "
                            "folder of a build with --build-dir")
        self._compile, library = {}, f"{name}/lib{name}.a"
        for entry in json.loads(commands.read_text()):
            file = (self.folder / entry["file"]).resolve()
            if entry["output"].startswith(f"{library}.p/"):
                self._compile[str(file.relative_to(self.source))] = entry
        self._link = shlex.split(subprocess.run(
            ["ninja", "-C", str(self.folder), "-t", "commands",
             f"{name}/{name}"], check=True, text=True, capture_output=True
        ).stdout.strip().splitlines()[-1])
        self._library = library
        self.files = sorted(x for x in self._compile
                            if pathlib.PurePath(x).name
                            not in self.NOT | self.NOT_DEVICES)

    def text(self, file):
        return (self.source / file).read_text()

    def headers(self):
        return [x.read_text() for folder in (self.source, ROOT / "harness")
                for x in sorted(folder.rglob("*.h"))]

    def build(self, file, text, scratch):
        changed = scratch / pathlib.PurePath(file).name
        changed.write_text(text)
        entry = self._compile[file]
        object_ = scratch / "changed.o"
        why = run_build(self._compile_words(entry, file, changed, object_),
                        self.folder)
        if why:
            return None, why
        objects = [str(object_) if e is entry else e["output"]
                   for e in self._compile.values()]
        out, words = scratch / "program", []
        for x in self._link:
            words += objects if x == self._library else [x]
        words[words.index("-o") + 1] = str(out)
        why = run_build([*words, "-s", "-Wl,--build-id=none"], self.folder)
        return (None, why) if why else (out, None)

    def _compile_words(self, entry, file, changed, out):
        words, skip = [], 0
        for x in shlex.split(entry["command"]):
            if skip or x == "-MD":
                skip = 0
            elif x in ("-MQ", "-MF", "-o", "-c"):
                skip = 1
            elif not x.startswith(("-g", "-Werror")):
                words.append(x)
        folder = (self.source / file).parent
        return [*words, *STRICT, f"-iquote{folder}", f"-I{folder}",
                f"-ffile-prefix-map={changed.parent}=.", "-w",
                "-o", str(out), "-c", str(changed)]

    def command(self, program):
        return [x.replace("{out}", str(program)).replace("{of}", "blk")
                for x in shlex.split(self.RUN[self.name])]


def program_of(args):
    """What the words --source, --build ... ask for."""
    if args.source in Ours.RUN:
        return Ours(args.source, args.build_dir)
    source = pathlib.Path(args.source).resolve()
    if not source.is_dir():
        raise NoProgram(f"--source {args.source}: no such folder (nor "
                        "fake-backend or fake-frontend)")
    if (source / LIBVHOST_USER).is_file() and not args.build:
        return Folder("libvhost-user", source, [LIBVHOST_USER],
                      BUILD_LIBVHOST_USER, "{out} {socket}", "backend")
    if not args.build or not args.run:
        raise NoProgram(f"{args.source} is not libvhost-user: --build says "
                        "how it is built, --run how it is run")
    return Folder(source.name, source, ["*.c"], args.build, args.run,
                  args.party)


def matching(names, globs):
    """Those that a glob names, or all; `!GLOB` leaves some out."""
    out = [x[1:] for x in globs if x.startswith("!")]
    want = [x for x in globs if not x.startswith("!")] or ["*"]
    return [x for x in names
            if any(fnmatch.fnmatchcase(x, g) for g in want)
            and not any(fnmatch.fnmatchcase(x, g) for g in out)]


def same_program(a, b):
    return os.path.getsize(a) == os.path.getsize(b) and (
        pathlib.Path(a).read_bytes() == pathlib.Path(b).read_bytes())
