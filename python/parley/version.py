# SPDX-License-Identifier: Apache-2.0
"""The version, which tools/make_wheel.py reads too."""

__version__ = "0.1.0"
