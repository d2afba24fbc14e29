# SPDX-License-Identifier: Apache-2.0
"""Fetches archives through each ecosystem's own client. No package's install script is ever run."""

import functools
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from .console import Failure
from .machine import no_room

GO_OLDEST = (1, 18)
NPM_OLDEST = (8, 0)
# npm's own patience without a network is some four minutes.
NPM_PATIENCE = ("--fetch-retries=2", "--fetch-retry-mintimeout=1000", "--fetch-retry-maxtimeout=5000")
OFFLINE = re.compile(
    r"resol|network|timed? ?out|connection|unreachable|ENOTFOUND|EAI_AGAIN|ECONN|ETIMEDOUT|"
    r"no such host|proxy|dial tcp|certificate|No matching distribution",
    re.IGNORECASE,
)
NO_ROOM = re.compile(r"no space left|ENOSPC|disk quota", re.IGNORECASE)


class Clients:
    """The clients on this machine, or else those of deps.lock, below `root`/clients."""

    def __init__(self, root, scratch):
        self.root = root
        self.scratch = scratch

    def lacking(self, package):
        """The entry of deps.lock to fetch before this package can be, or None."""
        if package.ecosystem == "go" and not usable("go", "version", oldest_go(package.build)):
            return "go-toolchain" if package.build else "go-client"
        if package.ecosystem == "npm" and not usable("npm", "--version", NPM_OLDEST):
            return "node-client"
        return None

    def fetch(self, package, target):
        """Puts the archive of `package` at `target`; its hash is the caller's to check."""
        folder = self.scratch / "fetch"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        found = {"pypi": self.pypi, "npm": self.npm, "go": self.go}[package.ecosystem](
            package, folder
        )
        os.replace(found, target)
        shutil.rmtree(folder, ignore_errors=True)

    def pypi(self, package, folder):
        requirement = f"{package.package}=={package.version}"
        run(
            [*pip(), "download", "--quiet", "--no-deps", "--only-binary", ":all:", "--dest", folder]
            + [requirement],
            requirement,
            self.environment(),
        )
        return only_file(folder, requirement)

    def npm(self, package, folder):
        requirement = f"{package.package}@{package.version}"
        command = [*self.npm_command(), "pack", "--loglevel=error", "--ignore-scripts", *NPM_PATIENCE]
        run([*command, "--pack-destination", folder, requirement], requirement, self.environment())
        return only_file(folder, requirement)

    def go(self, package, folder):
        requirement = f"{package.package}@{package.version}"
        go, environment = self.go_client(package.build, folder)
        environment["GOFLAGS"] = "-mod=mod -modcacherw"
        # Outside a module, so that no go.mod above this folder has a say.
        output = run([go, "mod", "download", "-json", requirement], requirement, environment, folder)
        return Path(json.loads(output)["Zip"])

    def go_client(self, build, folder):
        """A Go that is new enough, and its environment: all that it writes goes below `folder`."""
        environment = self.environment()
        environment.update(
            GOMODCACHE=str(folder / "mod"),
            GOPATH=str(folder / "path"),
            GOCACHE=str(folder / "build"),
            GOTOOLCHAIN="local",
        )
        if usable("go", "version", oldest_go(build)):
            return "go", environment
        own = self.root / "clients" / ("go-toolchain" if build else "go")
        environment["GOROOT"] = str(own)
        return own / "bin/go", environment

    def npm_command(self):
        if not usable("npm", "--version", NPM_OLDEST):
            node = self.root / "clients/node"
            return [node / "bin/node", node / "npm/bin/npm-cli.js"]
        return ["npm"]

    def make_venv(self, venv, folder):
        """Wheels only, all pinned and hashed. pip installs into it from outside."""
        environment = self.environment()
        run([sys.executable, "-m", "venv", "--without-pip", folder], "python3 -m venv", environment)
        requirements = self.scratch / "requirements.txt"
        requirements.write_text("\n".join(venv.requirements) + "\n", encoding="utf-8")
        options = ["--quiet", "--require-hashes", "--no-deps", "--only-binary", ":all:"]
        run(
            [*pip(), "--python", folder / "bin/python", "install", *options]
            + ["--no-warn-script-location", "--requirement", requirements],
            f"the Python environment {venv.name}",
            environment,
        )

    def environment(self):
        """Clients put temporary files beside the cache: /tmp is small on many machines."""
        return {**os.environ, "TMPDIR": str(self.scratch), "PIP_DISABLE_PIP_VERSION_CHECK": "1"}


def pip():
    return [sys.executable, "-m", "pip"]


@functools.cache
def usable(program, version_option, oldest):
    """Whether the machine has a client that is new enough."""
    return bool(shutil.which(program)) and version_of([program, version_option]) >= oldest


def oldest_go(build):
    """That can build this, or that can download modules where nothing is to build."""
    return tuple(map(int, build["go"].split("."))) if build else GO_OLDEST


def version_of(command):
    try:
        output = subprocess.run(command, capture_output=True, text=True, check=False).stdout
    except OSError:
        return (0, 0)
    found = re.search(r"(\d+)\.(\d+)", output)
    return tuple(map(int, found.groups())) if found else (0, 0)


def only_file(folder, requirement):
    files = [path for path in folder.iterdir() if path.is_file()]
    if len(files) != 1:
        raise Failure(f"{requirement}: the client left {len(files)} files", "run again")
    return files[0]


def run(command, what, environment, folder=None):
    command = [str(word) for word in command]
    try:
        result = subprocess.run(
            command, cwd=folder, env=environment, stdin=subprocess.DEVNULL,
            capture_output=True, text=True, check=False,
        )
    except OSError as error:
        raise Failure(f"cannot run {command[0]}: {error}", "run `make packages`") from error
    if result.returncode == 0:
        return result.stdout
    raise explain(command, what, result, environment)


def explain(command, what, result, environment):
    lines = (result.stderr + result.stdout).strip().splitlines()
    said = "\n    ".join(lines[-6:])
    if NO_ROOM.search(said):
        return no_room(environment["TMPDIR"])
    if "No module named pip" in said or "ensurepip is not available" in said:
        return Failure(
            "python3 has no pip or no venv", "apt-get install python3-pip python3-venv"
        )
    if "DO NOT MATCH THE HASHES" in result.stderr:
        return Failure(
            f"{what}: a downloaded package is not the one of deps.lock:\n    {said}",
            "something between here and the registry changes files; try another network",
        )
    if OFFLINE.search(said):
        return Failure(
            f"could not download {what}:\n    {said}",
            "check the network (and HTTPS_PROXY, if you need one) and run again: what is finished "
            "is kept, and a full cache needs no network",
        )
    return Failure(f"`{' '.join(command[:4])} ...` failed on {what}:\n    {said}", "run again")
