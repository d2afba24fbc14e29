# SPDX-License-Identifier: Apache-2.0
"""Where JavaScript runs, and with which packages."""

import shutil

from . import places

MODULES = places.CACHE / "node/node_modules"


def node_program():
    program = shutil.which("node") or places.CACHE / "clients/node/bin/node"
    places.need(program, "run tools/deps --with tests")
    return program


def make_folder(folder):
    """Imports are looked up from where a script lies: scripts in `folder` find the packages."""
    places.need(MODULES / "openai", "run tools/deps --with tests")
    (folder / "node_modules").symlink_to(MODULES)
