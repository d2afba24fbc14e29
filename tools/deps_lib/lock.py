# SPDX-License-Identifier: Apache-2.0
"""Reads deps.lock."""

import hashlib
import json
import tomllib
from dataclasses import dataclass, field
from pathlib import Path

from .console import Failure

ECOSYSTEMS = ("pypi", "npm", "go")
DEFAULT_SET = "run"
# Who asks for the first gets the second too.
BRINGS = {"tests": ("rooms",)}
BUILD_KEYS = ("main", "program", "go", "room")


@dataclass(frozen=True)
class Folder:
    """A folder below the cache, made from one archive."""

    path: str
    files: tuple
    rename: dict
    bundle: str
    convert: dict
    build: dict
    key: str  # changes when anything that decides the content changes
    raw_key: str = ""  # the key that it would have without `convert`; empty where there is none


@dataclass(frozen=True)
class Package:
    name: str
    ecosystem: str
    package: str
    version: str
    archive: str
    size: int
    sha256: str
    licence: str
    origin: str
    used_for: str
    set: str = DEFAULT_SET
    folders: tuple = field(default=())

    @property
    def build(self):
        """How a program is built of it; empty where nothing is."""
        return next((folder.build for folder in self.folders if folder.build), {})


@dataclass(frozen=True)
class Venv:
    """A Python environment of pinned, hashed wheels."""

    name: str
    path: str
    used_for: str
    set: str
    requirements: tuple
    key: str


@dataclass(frozen=True)
class Lock:
    packages: tuple
    venvs: tuple

    def package(self, name):
        return next(entry for entry in self.packages if entry.name == name)

    def venv(self, name):
        return next(entry for entry in self.venvs if entry.name == name)


def load(path):
    try:
        table = tomllib.loads(Path(path).read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Failure(f"cannot read {path}: {error}", "restore the file from git") from error
    root = Path(path).parent
    try:
        packages = tuple(_package(row, root) for row in table.get("package", []))
        venvs = tuple(_venv(row) for row in table.get("venv", []))
    except (KeyError, TypeError) as error:
        raise Failure(f"{path}: an entry lacks or misspells {error}", "see its first lines") from error
    return Lock(packages, venvs)


def with_brought(sets):
    """The sets and those that they bring."""
    return {*sets, *(more for name in sets for more in BRINGS.get(name, ()))}


def _package(row, root):
    row = dict(row)
    folders = tuple(_folder(entry, row["sha256"], root) for entry in row.pop("folder", []))
    entry = Package(folders=folders, **row)
    if entry.ecosystem not in ECOSYSTEMS:
        raise KeyError(f"ecosystem of {entry.name}")
    return entry


def _folder(row, archive_sha256, root):
    convert = row.get("convert", {})
    raw = {name: value for name, value in row.items() if name != "convert"}
    raw_key = _key([raw, archive_sha256, hashlib.sha256(b"").hexdigest()])
    script = (root / convert["script"]).read_bytes() if convert else b""
    return Folder(
        path=row["path"],
        files=tuple(row["files"]),
        rename=row.get("rename", {}),
        bundle=row.get("bundle", ""),
        convert=convert,
        build=_build(row.get("build")),
        key=_key([row, archive_sha256, hashlib.sha256(script).hexdigest()]) if convert else raw_key,
        raw_key=raw_key if convert else "",
    )


def _build(row):
    """How a folder of Go source becomes one program; empty where nothing is built."""
    return {name: row[name] for name in BUILD_KEYS} if row else {}


def _venv(row):
    return Venv(key=_key(row), **{**row, "requirements": tuple(row["requirements"])})


def _key(value):
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
