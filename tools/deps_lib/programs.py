# SPDX-License-Identifier: Apache-2.0
"""Programs that no registry has: built from the source of a Go module.

The module's own go.sum pins all that it imports, and Go refuses what differs (-mod=readonly). What Go
needs for it (a gigabyte) lies in the scratch folder and goes with it.
"""

import os
import shutil

from . import clients
from .console import Failure

LICENCES = ("LICENSE*", "NOTICE*")


def build(client, recipe, folder):
    """Replaces the source in `folder` by its program, and keeps the licences."""
    aside = client.scratch / "building"
    shutil.rmtree(aside, ignore_errors=True)
    source, kept = aside / "source", aside / "kept"
    kept.mkdir(parents=True)
    os.replace(folder, source)
    program = kept / recipe["program"]
    go, environment = client.go_client(recipe, aside)
    environment.update(GOFLAGS="-mod=readonly -modcacherw", GOWORK="off", CGO_ENABLED="0")
    command = [go, "build", "-trimpath", "-ldflags", "-s -w", "-o", program, recipe["main"]]
    clients.run(command, f"what {recipe['program']} is built from", environment, source)
    if not program.is_file():
        raise Failure(f"go build made no {recipe['program']}", "correct `build` in deps.lock")
    for pattern in LICENCES:
        for licence in source.glob(pattern):
            os.replace(licence, kept / licence.name)
    os.replace(kept, folder)
    shutil.rmtree(aside, ignore_errors=True)
