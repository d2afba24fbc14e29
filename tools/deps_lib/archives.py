# SPDX-License-Identifier: Apache-2.0
"""Takes files out of wheels, zips, npm tarballs, and the git bundle inside one."""

import fnmatch
import io
import stat
import subprocess
import tarfile
import zipfile
from pathlib import Path, PurePosixPath

from .console import Failure


class _Zip:
    def __init__(self, path):
        self.zip = zipfile.ZipFile(path)

    def members(self):
        """Yields (name, opener, is executable)."""
        for info in self.zip.infolist():
            if not info.is_dir():
                mode = info.external_attr >> 16
                yield info.filename, lambda info=info: self.zip.open(info), bool(mode & stat.S_IXUSR)


class _Tar:
    def __init__(self, source):
        self.tar = tarfile.open(source) if isinstance(source, Path) else tarfile.open(fileobj=source)

    def members(self):
        for info in self.tar:
            if info.isfile():
                opener = lambda info=info: self.tar.extractfile(info)
                yield info.name, opener, bool(info.mode & stat.S_IXUSR)


def open_archive(path):
    return _Tar(path) if path.suffix in (".tgz", ".gz", ".tar") else _Zip(path)


def take(archive, patterns, rename, folder):
    """Writes the members that match `patterns` into `folder`; each pattern must match something."""
    missed = set(patterns)
    for name, opener, executable in archive.members():
        for pattern in patterns:
            target = target_name(name, pattern)
            if target is None:
                continue
            missed.discard(pattern)
            write(opener, folder / rename.get(target, target), executable)
            break
    if missed:
        raise Failure(
            f"the archive has no {', '.join(sorted(missed))}", "correct `files` in deps.lock"
        )


def target_name(name, pattern):
    """Where a member goes, relative to the folder, or None. What follows `//` is kept, without it
    only the file's name: `a/*.so` gives x.so, `a//b/x` gives b/x, `a//**` all that lies below a."""
    if PurePosixPath(name).is_absolute() or ".." in PurePosixPath(name).parts:
        return None
    prefix, _, rest = pattern.partition("//") if "//" in pattern else pattern.rpartition("/")
    if not name.startswith(prefix + "/"):
        return None
    kept = name[len(prefix) + 1 :]
    if rest == "**":
        return kept
    same_depth = kept.count("/") == rest.count("/")
    return kept if same_depth and fnmatch.fnmatchcase(kept, rest) else None


def write(opener, target, executable):
    target.parent.mkdir(parents=True, exist_ok=True)
    with opener() as source, open(target, "wb") as out:
        while chunk := source.read(1 << 20):
            out.write(chunk)
    if executable:
        target.chmod(0o755)


def open_bundle(archive, member, scratch):
    """The tree at HEAD of a git bundle that lies in `archive`, as an archive of its own."""
    take(archive, (member,), {}, scratch)
    bundle = scratch / PurePosixPath(member).name
    repository = scratch / "repository.git"
    run_git("init", "--quiet", "--bare", repository)
    run_git("--git-dir", repository, "fetch", "--quiet", bundle, "HEAD:refs/heads/release")
    tree = run_git("--git-dir", repository, "archive", "--format=tar", "release")
    return _Tar(io.BytesIO(tree))


def run_git(*arguments):
    try:
        result = subprocess.run(
            ["git", *map(str, arguments)], stdin=subprocess.DEVNULL, capture_output=True, check=False
        )
    except FileNotFoundError as error:
        raise Failure("git is not installed", "apt-get install git") from error
    if result.returncode != 0:
        message = result.stderr.decode(errors="replace").strip()
        raise Failure(f"git could not read the bundle: {message}", "run again")
    return result.stdout
