# SPDX-License-Identifier: Apache-2.0
"""Brings the cache to what deps.lock says: the order of things, and nothing else."""

import errno
import fcntl
import shutil
import sys
from contextlib import contextmanager

from . import folders, machine, programs
from .clients import Clients
from .console import Failure, Progress, size_text


class CacheFill:
    def __init__(self, lock, project, root):
        self.lock = lock
        self.project = project
        self.root = root
        self.downloads = root / "downloads"
        self.scratch = root / "tmp"
        self.clients = Clients(root, self.scratch)
        self.progress = None

    def missing(self, sets):
        """What has to be done: packages with an unfinished folder, and environments."""
        packages = [p for p in self.lock.packages if p.set in sets and self.unfinished(p)]
        names = {venv.name for venv in self.lock.venvs if venv.set in sets}
        recipes = [f.convert for p in packages for f in self.unfinished(p)]
        names |= {recipe["venv"] for recipe in recipes if "venv" in recipe}
        venvs = [v for v in self.lock.venvs if v.name in names and not self.has_venv(v)]
        return packages, venvs

    def unfinished(self, package):
        return [f for f in package.folders if not folders.is_finished(self.root, f.path, f.key)]

    def has_venv(self, venv):
        return folders.is_finished(self.root, venv.path, venv.key)

    def run(self, sets):
        """Does what is missing; returns how many things that were."""
        packages, venvs = self.missing(sets)
        if not packages and not venvs:
            return 0
        warning = machine.check_cpu()
        if warning:
            print(f"Note: {warning}.")
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            with self.alone():
                packages, venvs = self.missing(sets)  # another run may just have finished
                if packages or venvs:
                    self.bring(packages, venvs)
        except OSError as error:
            if error.errno in (errno.ENOSPC, errno.EDQUOT):
                raise machine.no_room(self.root) from error
            raise Failure(
                f"{error.strerror}: {error.filename}",
                "make that place writable, or set PARLEY_CACHE to a folder that is",
            ) from error
        return len(packages) + len(venvs)

    def bring(self, packages, venvs):
        converted = [p for p in packages if self.needs_only_converting(p)]
        fetched = [p for p in packages if p not in converted]
        fetched = self.clients_for(fetched) + fetched
        total = sum(p.size for p in fetched)
        building = sum(p.build["room"] for p in fetched if p.build)
        machine.check_room(self.root, sum(p.size for p in packages), building)
        if fetched or venvs:
            print(f"Fetching {len(fetched) + len(venvs)} things ({size_text(total)}) to {self.root}")
        self.progress = Progress(len(converted) + len(fetched) + len(venvs))
        self.downloads.mkdir(exist_ok=True)
        folders.fresh(self.scratch)
        needed_first = [v for v in venvs if v.set == "convert"]
        for venv in needed_first:
            self.bring_venv(venv)
        for package in fetched:
            self.bring_package(package)
        for package in converted:
            self.convert_package(package)
        for venv in venvs:
            if venv not in needed_first:
                self.bring_venv(venv)
        shutil.rmtree(self.scratch, ignore_errors=True)

    def clients_for(self, packages):
        lacking = {self.clients.lacking(p) for p in packages} - {None}
        clients = [self.lock.package(name) for name in sorted(lacking)]
        return [client for client in clients if self.unfinished(client)]

    def needs_only_converting(self, package):
        """A cache from before deps.lock had a conversion holds what it converts."""
        return all(folders.is_unconverted(self.root, f) for f in self.unfinished(package))

    def convert_package(self, package):
        with self.progress.step(f"{package.name} {package.version}: converting what is there"):
            for folder in self.unfinished(package):
                folders.convert_folder(self.root, self.scratch, folder, self.convert)

    def bring_package(self, package):
        about = f"{package.name} {package.version} ({size_text(package.size)}, {package.ecosystem})"
        archive = self.downloads / package.archive
        with self.progress.step(about) as step:
            if not archive.exists():
                self.clients.fetch(package, archive)
            self.verify(package, archive)
            for folder in self.unfinished(package):
                if folder.convert:
                    step.note("converting")
                if folder.build:
                    step.note("building from source, some minutes")
                folders.make_folder(
                    self.root, self.scratch, archive, folder, self.convert, self.build
                )
        archive.unlink()

    def verify(self, package, archive):
        got = folders.file_sha256(archive)
        if got != package.sha256:
            raise Failure(
                f"{package.archive} is not what deps.lock pins:\n"
                f"    expected SHA-256 {package.sha256}\n    got              {got}",
                f"delete {archive} and run again; if it stays so, do not use it and report it",
            )

    def convert(self, recipe, folder):
        python = sys.executable
        if "venv" in recipe:
            python = self.root / self.lock.venv(recipe["venv"]).path / "bin/python"
        script = self.project / recipe["script"]
        log = self.root / f"{script.stem}.log"
        also = [self.root / name for name in recipe.get("also", ())]
        folders.run_converter(script, python, folder / recipe["file"], log, self.root, also)

    def build(self, recipe, folder):
        programs.build(self.clients, recipe, folder)

    def bring_venv(self, venv):
        with self.progress.step(f"Python environment: {venv.name} ({len(venv.requirements)} wheels)"):
            # Scripts of an environment name its place, so it cannot be built aside and moved: the
            # stamp, which is written last, says that it is whole.
            folder = self.root / venv.path
            shutil.rmtree(folder, ignore_errors=True)
            folder.parent.mkdir(parents=True, exist_ok=True)
            self.clients.make_venv(venv, folder)
            folders.stamp(folder, venv.key, [folder / "bin/python"])

    @contextmanager
    def alone(self):
        """Two runs at once would undo each other's scratch folder."""
        with open(self.root / ".deps.busy", "w", encoding="utf-8") as busy:
            try:
                fcntl.flock(busy, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                print("Another tools/deps is at work: waiting for it ...", flush=True)
                fcntl.flock(busy, fcntl.LOCK_EX)
            yield
