#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Tell fake-frontend, which listens at {ctl}, what vuspec wants of it.

Usage: vuspec test-frontend --control relay.py; its exit status is the answer."""
import os
import socket
import sys

with socket.socket(socket.AF_UNIX) as s:
    s.connect(os.environ["VUSPEC_CTL"] + "/ctl")
    s.sendall(sys.argv[1].encode() + b"\n")
    sys.exit(int(s.makefile().readline() or 1))
