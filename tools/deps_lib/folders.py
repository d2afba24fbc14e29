# SPDX-License-Identifier: Apache-2.0
"""Finished folders of the cache. A folder is built aside and renamed into place, with a stamp that
names the lock entry it was made from: it is either there and whole, or not there."""

import hashlib
import json
import os
import shutil
import subprocess

from . import archives
from .console import Failure

STAMP = ".deps.json"


def file_sha256(path):
    digest = hashlib.sha256()
    with open(path, "rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def is_finished(root, path, key):
    """Cheap: the stamp has the key, and every file is there with its size."""
    folder = root / path
    try:
        stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
        if stamp["key"] != key:
            return False
        return all(
            (folder / name).stat().st_size == entry["size"]
            for name, entry in stamp["files"].items()
        )
    except (OSError, ValueError, KeyError):
        return False


def damaged_files(root, path):
    """Every file whose SHA-256 is not the one it had when the folder was made."""
    folder = root / path
    stamp = json.loads((folder / STAMP).read_text(encoding="utf-8"))
    return [
        folder / name
        for name, entry in stamp["files"].items()
        if file_sha256(folder / name) != entry["sha256"]
    ]


def make_folder(root, scratch, source, entry, convert, build):
    """Unpacks what `entry` takes of the archive `source`, builds or converts it, puts it into place."""
    built = fresh(scratch / "folder")
    archive = archives.open_archive(source)
    if entry.bundle:
        archive = archives.open_bundle(archive, entry.bundle, fresh(scratch / "bundle"))
    archives.take(archive, entry.files, entry.rename, built)
    if entry.build:
        build(entry.build, built)
    if entry.convert:
        convert(entry.convert, built)
    put_in_place(root, scratch, built, entry.path, entry.key)


def is_unconverted(root, entry):
    """Whether the folder was made before `entry` had its conversion, and is as it was then."""
    whole = entry.raw_key and is_finished(root, entry.path, entry.raw_key)
    return bool(whole) and not damaged_files(root, entry.path)


def convert_folder(root, scratch, entry, convert):
    """Converts what is_unconverted, aside, so that it is as it was or as it should be."""
    built = scratch / "folder"
    shutil.rmtree(built, ignore_errors=True)
    shutil.copytree(root / entry.path, built, ignore=shutil.ignore_patterns(STAMP))
    convert(entry.convert, built)
    put_in_place(root, scratch, built, entry.path, entry.key)


def run_converter(script, python, file, log, root, also=()):
    """Replaces `file` by what the script makes of it, and of the files `also`."""
    made = file.with_suffix(".converted")
    result = subprocess.run(
        [str(python), str(script), str(file), str(made), *map(str, also)],
        env={**os.environ, "PARLEY_CACHE": str(root)},
        stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False,
    )
    if result.returncode != 0:
        log.write_text(result.stdout + result.stderr, encoding="utf-8")
        raise Failure(f"{script.name} failed on {file.name} (see {log})", "report it with that file")
    os.replace(made, file)


def put_in_place(root, scratch, built, path, key):
    stamp(built, key, [file for file in built.rglob("*") if file.is_file()])
    target = root / path
    target.parent.mkdir(parents=True, exist_ok=True)
    if target.exists():
        old = scratch / "old"
        shutil.rmtree(old, ignore_errors=True)
        os.replace(target, old)
        shutil.rmtree(old, ignore_errors=True)
    os.replace(built, target)


def stamp(folder, key, files):
    """Says that `folder` is whole, and which files it must keep."""
    content = {
        "key": key,
        "files": {
            str(file.relative_to(folder)): {
                "size": file.stat().st_size,
                "sha256": file_sha256(file),
            }
            for file in sorted(files)
        },
    }
    (folder / STAMP).write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")


def fresh(folder):
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
