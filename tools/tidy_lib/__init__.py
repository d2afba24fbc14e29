# SPDX-License-Identifier: Apache-2.0
"""The checks of tools/tidy.py; what they allow is in rules.py and exceptions.py."""
