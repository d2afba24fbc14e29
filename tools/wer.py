#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The one scorer of word error rates.

    wer.py REFERENCES.tsv HYPOTHESES.tsv [--max PERCENT] [--quiet]

Both files hold `KEY<TAB>text` lines; a key is a file name, of which only the part without folder and
ending counts, so `parley transcribe` output can be given as it is. Prints each file's rate and the
total: (substitutions + deletions + insertions) / words of the reference, over all files together.
Exit status 1 when the total is above --max, 2 when a reference has no hypothesis.

Before comparing, as is usual for LibriSpeech: Unicode is normalised (NFKC), letters are made lower
case, `-`, dashes and `/` become spaces, apostrophes inside words stay ("it's"), all other punctuation
goes. Numbers are not spelled out: "2" and "two" differ.
"""

import argparse
import re
import sys
import unicodedata
from pathlib import PurePosixPath

SPACES = re.compile(r"[-\u2010-\u2015/_\s]+")
NOT_WORD = re.compile(r"[^\w\s']")
OUTER_APOSTROPHE = re.compile(r"(?<!\w)'|'(?!\w)")


def words(text):
    text = unicodedata.normalize("NFKC", text).lower().replace("\u2019", "'")
    text = SPACES.sub(" ", text)
    return OUTER_APOSTROPHE.sub("", NOT_WORD.sub("", text)).split()


def errors(reference, hypothesis):
    """The fewest substitutions, deletions and insertions that turn one word list into the other."""
    row = list(range(len(hypothesis) + 1))
    for i, expected in enumerate(reference, 1):
        previous, row[0] = row[0], i
        for j, got in enumerate(hypothesis, 1):
            best = min(row[j] + 1, row[j - 1] + 1, previous + (expected != got))
            previous, row[j] = row[j], best
    return row[-1]


def rate(wrong, total):
    """Percent. Words against an empty reference are all errors."""
    if total == 0:
        return 0.0 if wrong == 0 else 100.0
    return 100.0 * wrong / total


def read(path):
    texts = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            key, tab, text = line.rstrip("\n").partition("\t")
            if tab:
                texts[PurePosixPath(key).stem] = text
    return texts


def score(references, hypotheses):
    """(rows, errors, words): a row is (key, errors, words) for each reference that has a text."""
    rows = []
    for key, text in references.items():
        if key in hypotheses:
            expected = words(text)
            rows.append((key, errors(expected, words(hypotheses[key])), len(expected)))
    return rows, sum(row[1] for row in rows), sum(row[2] for row in rows)


def main(arguments):
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("references")
    parser.add_argument("hypotheses")
    parser.add_argument("--max", type=float, help="highest total that passes, in percent")
    parser.add_argument("--quiet", action="store_true", help="print the total only")
    options = parser.parse_args(arguments)

    references, hypotheses = read(options.references), read(options.hypotheses)
    rows, wrong, total = score(references, hypotheses)
    for key, file_wrong, file_total in [] if options.quiet else rows:
        print(f"{key}\t{rate(file_wrong, file_total):.1f} %\t{file_wrong}/{file_total}")
    print(f"total\t{rate(wrong, total):.2f} %\t{wrong}/{total} words, {len(rows)} files")

    missing = [key for key in references if key not in hypotheses]
    if missing:
        print(f"no hypothesis for: {', '.join(missing)}", file=sys.stderr)
        return 2
    return 1 if options.max is not None and rate(wrong, total) > options.max else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
