#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Makes the wheel of the Python package (PEP 427): no network, nothing but the standard library.

    tools/make_wheel.py BUILD/python/parley dist

The first folder is what CMake's target python_package made: it is complete and importable here. The
wheel also gets the shared libraries that a bare Debian has not, beside the extension module, whose
RPATH finds them there, and each one's licence. The same folder gives the same wheel, byte for byte.
"""

import argparse
import base64
import hashlib
import re
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
# On every Debian: those of the C library, and of GCC, which apt itself needs.
SYSTEM = re.compile(r"(ld-linux.*|lib(c|m|dl|rt|pthread|gcc_s|stdc\+\+))\.so\.\d+$|linux-vdso")
EPOCH = (1980, 1, 1, 0, 0, 0)  # the oldest time that a zip file can say

METADATA = """\
Metadata-Version: 2.1
Name: parley
Version: {version}
Summary: Real-time dataflow for audio and conversations: the engine, and a Realtime client
License: Apache-2.0
Requires-Python: ==3.{minor}.*
Requires-Dist: numpy
Description-Content-Type: text/markdown

{readme}"""

WHEEL = """\
Wheel-Version: 1.0
Generator: parley-make-wheel
Root-Is-Purelib: false
Tag: {tag}
"""


def version_of(package):
    text = (package / "version.py").read_text(encoding="utf-8")
    return re.search(r'__version__ = "([^"]+)"', text)[1]


def tag():
    python = f"cp{sys.version_info.major}{sys.version_info.minor}"
    platform = sysconfig.get_platform().replace("-", "_").replace(".", "_")
    return f"{python}-{python}-{platform}"


def libraries(package):
    """What the package's shared objects load from the system, by name: their paths."""
    found = {}
    for module in package.glob("*.so"):
        listed = subprocess.run(["ldd", module], check=True, capture_output=True, text=True).stdout
        for name, path in re.findall(r"^\s*(\S+) => (/\S+)", listed, re.MULTILINE):
            if not SYSTEM.match(name) and not (package / name).exists():
                found[name] = Path(path).resolve()
    return dict(sorted(found.items()))


def licence_of(library):
    """(Debian's package, its copyright file), or an error: what has no licence is not given away."""
    owner = subprocess.run(["dpkg", "-S", library], capture_output=True, text=True)
    package = owner.stdout.split(":")[0]
    path = Path("/usr/share/doc", package, "copyright")
    if owner.returncode != 0 or not path.is_file():
        raise SystemExit(f"make_wheel: {library} is of no Debian package, its licence is unknown")
    return package, path.read_bytes()


def contents(package):
    version = version_of(package)
    files = {
        f"parley/{path.name}": path.read_bytes()
        for path in sorted(package.iterdir())
        if path.is_file() and path.suffix != ".pyc"
    }
    info = f"parley-{version}.dist-info"
    readme = (PROJECT / "python/README.md").read_text(encoding="utf-8")
    metadata = METADATA.format(version=version, minor=sys.version_info.minor, readme=readme)
    files[f"{info}/METADATA"] = metadata.encode()
    files[f"{info}/WHEEL"] = WHEEL.format(tag=tag()).encode()
    files[f"{info}/LICENSE"] = (PROJECT / "LICENSE").read_bytes()
    files[f"{info}/NOTICE"] = (PROJECT / "NOTICE").read_bytes()
    for name, library in libraries(package).items():
        owner, licence = licence_of(library)
        files[f"parley/{name}"] = library.read_bytes()
        files[f"{info}/licenses/{owner}"] = licence
    lines = []
    for name, data in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
        lines.append(f"{name},sha256={digest},{len(data)}\n")
    record = f"{info}/RECORD"
    files[record] = ("".join(lines) + f"{record},,\n").encode()
    return version, files


def write(folder, version, files):
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"parley-{version}-{tag()}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as wheel:
        for name, data in files.items():
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = (0o755 if ".so" in name else 0o644) << 16
            wheel.writestr(entry, data, compresslevel=3)  # half the time, and 4 % larger
    return path


def main():
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("package", type=Path)
    parser.add_argument("dist", type=Path)
    options = parser.parse_args()
    if not list(options.package.glob("_engine.*.so")):
        print(f"{options.package} has no _engine: build the target python_package", file=sys.stderr)
        return 1
    print(write(options.dist, *contents(options.package)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
