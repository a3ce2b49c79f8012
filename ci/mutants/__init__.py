# SPDX-License-Identifier: BSD-3-Clause
"""Mutants of C programs, and what a test suite says of them (ci/mutate)."""
