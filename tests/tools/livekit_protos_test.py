# SPDX-License-Identifier: Apache-2.0
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tools"))
import convert_livekit_protos as convert


def descriptor(name, *imports):
    """A FileDescriptorProto: its name, and what it imports."""
    made = b""
    for field, text in [(1, name), *((3, each) for each in imports)]:
        made += bytes([field << 3 | 2]) + convert.varint(len(text)) + text.encode()
    return made


def python_file(data):
    return f"DESCRIPTOR = _pool.Default().AddSerializedFile({data!r})\nmore(1)\n"


class Sets(unittest.TestCase):
    def setUp(self):
        self.folder = Path(self.enterContext(tempfile.TemporaryDirectory()))

    def write(self, name, *imports):
        path = self.folder / f"{name}_pb2.py"
        path.write_text(python_file(descriptor(f"{name}.proto", *imports)), encoding="utf-8")
        return path

    def names(self, made):
        """The files of a set in order; each must be LITE."""
        names, at = [], 0
        while at < len(made):
            self.assertEqual(made[at], 0x0A)
            size, at = convert.read_varint(made, at + 1)
            one = made[at:at + size]
            at += size
            self.assertTrue(one.endswith(convert.LITE_RUNTIME))
            names.append(one[2:2 + one[1]].decode())
        return names

    def test_imports_come_before_those_who_import_them(self):
        self.write("unused")
        self.write("handle")
        self.write("track", "handle.proto")
        self.write("room", "track.proto", "handle.proto")
        top = self.write("ffi", "room.proto", "handle.proto")
        self.assertEqual(
            self.names(convert.descriptor_set(top)),
            ["handle.proto", "track.proto", "room.proto", "ffi.proto"],
        )

    def test_python_is_read_and_never_run(self):
        path = self.folder / "evil_pb2.py"
        path.write_text("raise SystemExit\n" + python_file(descriptor("evil.proto")), "utf-8")
        self.assertEqual(self.names(convert.descriptor_set(path)), ["evil.proto"])

    def test_what_is_no_such_file_is_named(self):
        for text in ("x = 1\n", "AddSerializedFile(name)\n", "(\n"):
            path = self.folder / "other_pb2.py"
            path.write_text(text, encoding="utf-8")
            with self.assertRaisesRegex(convert.ConversionError, "other_pb2.py"):
                convert.descriptor_set(path)
        with self.assertRaisesRegex(convert.ConversionError, "gone_pb2.py"):
            convert.descriptor_set(self.write("top", "gone.proto"))

    def test_a_descriptor_that_is_cut_off_is_refused(self):
        path = self.folder / "cut_pb2.py"
        path.write_text(python_file(b"\x1a\xff"), encoding="utf-8")
        with self.assertRaisesRegex(convert.ConversionError, "cut off"):
            convert.descriptor_set(path)


if __name__ == "__main__":
    unittest.main()
