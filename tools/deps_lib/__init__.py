# SPDX-License-Identifier: Apache-2.0
"""The parts of tools/deps: lock (what), clients (how it is fetched), archives (what is taken),
folders (where it ends up), programs (what is built from source), fill (in what order), machine (is there room, does the CPU do), console (what is said)."""
