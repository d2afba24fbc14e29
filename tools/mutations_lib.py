# SPDX-License-Identifier: Apache-2.0
"""Events of the Realtime protocol, broken in every way that occurs to a dice."""

import copy
import json
import random
from pathlib import Path

CORPUS = Path(__file__).resolve().parents[1] / "fuzz/corpus/client_event"
FRAME_CHARACTERS_MAX = 64 * 1024
BINARY_SHARE = 0.02
WHOLE_SHARE = 0.1  # events that nobody broke: the others need a session in which something goes on
ODD = [
    None, True, False, 0, -1, 1, 2**31, 2**63, -(2**63), 1.5, 1e300, "", "auto", "none", "inf", "\0",
    "\ud7ff\uffff", "a" * 600, "item_1", "root", [], {}, [[]], {"type": "message"}, ["audio"], ["text"],
]  # fmt: skip


class Mutator:
    def __init__(self, seed):
        self.dice = random.Random(seed)
        self.texts = [
            path.read_bytes().decode("utf-8", "replace") for path in sorted(CORPUS.iterdir())
        ]
        self.trees = [tree for tree in map(self.tree_of, self.texts) if isinstance(tree, dict)]

    @staticmethod
    def tree_of(text):
        try:
            return json.loads(text)
        except ValueError:
            return None

    def frame(self):
        """A text frame, or now and then a binary one."""
        text = self.text()[:FRAME_CHARACTERS_MAX]
        is_binary = self.dice.random() < BINARY_SHARE
        return text.encode("utf-8", "replace") if is_binary else text

    def text(self):
        if self.dice.random() < WHOLE_SHARE:
            return self.dice.choice(self.texts)
        text = self.dice.choice([self.broken_tree, self.broken_text, self.spliced])()
        return text.encode("utf-8", "replace").decode("utf-8")  # no half of a surrogate pair

    def broken_tree(self):
        tree = copy.deepcopy(self.dice.choice(self.trees))
        for _ in range(self.dice.randint(1, 3)):
            self.break_node(tree)
        return json.dumps(tree)

    def break_node(self, tree):
        """One change at a place of any depth."""
        node = tree
        while True:
            keys = list(node) if isinstance(node, dict) else range(len(node))
            if not keys:
                return
            key = self.dice.choice(keys)
            if isinstance(node[key], (dict, list)) and self.dice.random() < 0.7:
                node = node[key]
                continue
            break
        action = self.dice.randint(0, 4)
        if action == 0:
            del node[key]
        elif action == 1:
            node[key] = copy.deepcopy(self.dice.choice(ODD))
        elif action == 2:
            node[key] = copy.deepcopy(self.dice.choice(self.trees))
        elif action == 3 and isinstance(node, dict):
            node[f"{key}_"] = node[key]
        else:
            for _ in range(self.dice.choice([2, 40, 70])):
                node[key] = [node[key]]

    def broken_text(self):
        text = self.dice.choice(self.texts)
        for _ in range(self.dice.randint(1, 6)):
            at = self.dice.randrange(len(text) + 1)
            end = min(len(text), at + self.dice.choice([1, 1, 1, 4, 30]))
            piece = self.dice.choice(["", chr(self.dice.randrange(256)), text[at:end] * 2, '"', "{", "\\u"])
            text = text[:at] + piece + text[end:]
        return text

    def spliced(self):
        first, second = self.dice.choice(self.texts), self.dice.choice(self.texts)
        return first[: self.dice.randrange(len(first) + 1)] + second[self.dice.randrange(len(second) + 1) :]
