#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""`parley say` and `parley transcribe` with the real models, scored by tools/wer.py.

Runs in the project's root. Exit status 77 (ctest: skipped) when everything was skipped; with
PARLEY_REQUIRE_MODELS=1 a skip is a failure.
"""

import json
import os
import resource
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

PARLEY = Path(os.environ.get("PARLEY_BIN_DIR", "bin")) / "parley"
CACHE = Path(os.environ.get("PARLEY_CACHE") or Path.home() / ".cache/parley")
REQUIRED = os.environ.get("PARLEY_REQUIRE_MODELS") == "1"
SENTENCES = Path("tests/data/everyday_sentences.txt")
CLIPS = Path("../shared/data/speech")
SAID_WER_MAX = 10.0  # percent
CLIPS_WER_MAX = 14.5
SKIPPED = 77


def parley(*words, **more):
    # Our own switch is no setting of parley's, which would warn about it.
    environment = {key: value for key, value in os.environ.items()
                   if key != "PARLEY_REQUIRE_MODELS"}
    return subprocess.run([PARLEY, *map(str, words)], capture_output=True, text=True,
                          check=False, env=environment, **more)


def score(reference, hypothesis, limit):
    done = subprocess.run(
        [sys.executable, "tools/wer.py", reference, hypothesis, "--max", str(limit), "--quiet"],
        capture_output=True, text=True, check=False)
    print(done.stdout.strip())
    return done


class SpeechCommands(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        for model in ("silero-vad", "moonshine-tiny-en", "en_US-joe-medium"):
            if not (CACHE / "models" / model).is_dir():
                raise unittest.SkipTest(f"the model {model} is missing: run tools/deps")
        cls.folder = Path(cls.enterClassContext(tempfile.TemporaryDirectory()))

    def say(self, text, name, **more):
        done = parley("say", text, "-o", self.folder / name, **more)
        self.assertEqual((done.returncode, done.stdout), (0, ""), done.stderr)
        return self.folder / name

    def test_what_is_said_is_heard(self):
        files, reference = [], self.folder / "said.tsv"
        lines = SENTENCES.read_text(encoding="utf-8").splitlines()
        for number, line in enumerate(lines):
            files.append(self.say(line, f"said{number}.wav"))
        reference.write_text("".join(f"{f}\t{line}\n" for f, line in zip(files, lines)))
        heard = parley("transcribe", *files)
        self.assertEqual(heard.returncode, 0, heard.stderr)
        self.assertEqual([line.split("\t")[0] for line in heard.stdout.splitlines()],
                         [str(file) for file in files])
        hypothesis = self.folder / "heard.tsv"
        hypothesis.write_text(heard.stdout)
        self.assertEqual(score(reference, hypothesis, SAID_WER_MAX).returncode, 0)

    def test_the_same_text_gives_the_same_file(self):
        text = "The same words sound the same. Twice."
        first = self.say(text, "first.wav")
        again = self.say("-", "again.wav", input=text)
        other = parley("say", text, "-o", self.folder / "other.wav", "--seed", 2)
        self.assertEqual(other.returncode, 0)
        self.assertEqual(first.read_bytes(), again.read_bytes())
        self.assertNotEqual(first.read_bytes(), (self.folder / "other.wav").read_bytes())

    def test_bad_files_are_named_and_the_others_go_on(self):
        good = self.say("Good morning.", "good.wav")
        bad = self.folder / "bad.wav"
        bad.write_text("RIFF, but no more")
        done = parley("transcribe", bad, good, self.folder / "none.wav", "--json")
        self.assertEqual(done.returncode, 1)
        (line,) = done.stdout.splitlines()
        self.assertIn("morning", json.loads(line)["text"].lower())
        self.assertIn(f"parley transcribe: {bad}: ", done.stderr)
        self.assertIn(f"{self.folder / 'none.wav'}: No such file", done.stderr)

    def test_nobody_speaks(self):
        silence = self.folder / "silence.wav"
        header = b"RIFF\x24\xfa\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00\x80\x3e\x00\x00"
        header += b"\x00\x7d\x00\x00\x02\x00\x10\x00data\x00\xfa\x00\x00"
        silence.write_bytes(header + bytes(64000))
        self.assertEqual(parley("transcribe", silence).stdout, f"{silence}\t\n")

    def test_what_cannot_be_said(self):
        for text in ("", "...", "\n"):
            done = parley("say", text, "-o", self.folder / "nothing.wav")
            self.assertEqual(done.returncode, 1)
            self.assertFalse((self.folder / "nothing.wav").exists())
        self.assertIn("cannot write", parley("say", "Hi", "-o", self.folder / "no/x.wav").stderr)
        self.assertEqual(parley("say", "Hi").returncode, 2)

    def test_sixty_clips(self):
        if not CLIPS.is_dir():
            self.skipTest(f"there are no recordings in {CLIPS}")
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        heard = parley("transcribe", "--json", *sorted(CLIPS.glob("*.flac")))
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        self.assertEqual((heard.returncode, heard.stderr), (0, ""))
        lines = [json.loads(line) for line in heard.stdout.splitlines()]
        hypothesis = self.folder / "clips.tsv"
        hypothesis.write_text("".join(f"{line['file']}\t{line['text']}\n" for line in lines))
        cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        audio = sum(line["seconds"] for line in lines)
        print(f"{cpu / audio:.4f} s of CPU for a second of audio ({audio:.0f} s)")
        self.assertEqual(score(CLIPS / "transcripts.tsv", hypothesis, CLIPS_WER_MAX).returncode, 0)


if __name__ == "__main__":
    program = unittest.main(verbosity=2, exit=False)
    if not program.result.wasSuccessful() or (REQUIRED and program.result.skipped):
        sys.exit(1)
    if program.result.skipped and program.result.testsRun <= len(program.result.skipped):
        sys.exit(SKIPPED)
