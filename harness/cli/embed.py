#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""A text file as a C string.  Usage: embed.py FILE NAME OUTPUT"""
import pathlib
import sys


def main():
    file, name, output = sys.argv[1:]
    data = pathlib.Path(file).read_bytes() + b"\0"
    rows = [", ".join(map(str, data[i:i + 16]))
            for i in range(0, len(data), 16)]
    body = ",\n\t".join(rows)
    pathlib.Path(output).write_text(
        f"/* Made by embed.py of {pathlib.Path(file).name}. */\n"
        f"extern const char {name}[];\n"
        f"const char {name}[] = {{\n\t{body}\n}};\n")


main()
