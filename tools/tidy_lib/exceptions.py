# SPDX-License-Identifier: Apache-2.0
"""Exceptions from the rules, each with its reason."""

# Sources without a test of their own.
UNTESTED = {}

# (path, start of the finding): reason
ALLOWED = {
    ("src/media/buffer_pool.cpp", "a naked"): "slabs and their store end with the last of the counts "
    "kept inside them, which may be on any thread and after the pool is gone",
}
