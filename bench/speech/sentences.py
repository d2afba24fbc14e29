# SPDX-License-Identifier: Apache-2.0
"""Sentences that users of a speech service have spoken: 6 to 10 words, about 2 to 3 seconds each.

Half of what people ask for is always the same (greetings, confirmations): COMMON, 100 of them. The
other half is said once: `novel(seed)` makes as many as are wanted, never one twice.
"""

import itertools
import random

WHO = (
    "the doctor", "my sister", "our neighbour", "the driver", "your teacher", "the manager",
    "an old friend", "the gardener", "the pilot", "my brother", "the baker", "her cousin",
    "the captain", "the painter", "our lawyer", "the mechanic", "a young nurse", "the referee",
    "the plumber", "his daughter",
)  # fmt: skip
DID = (
    "bought", "repaired", "forgot", "found", "carried", "painted", "returned", "borrowed", "washed",
    "ordered", "packed", "dropped", "cleaned", "opened", "delivered", "sold", "collected", "moved",
)  # fmt: skip
HOW = (
    "seven", "three", "heavy", "broken", "yellow", "wooden", "expensive", "tiny", "ancient", "wet",
    "silver", "plastic", "frozen", "colourful", "empty", "dusty", "leather", "striped",
)  # fmt: skip
WHAT = (
    "boxes", "bicycles", "letters", "umbrellas", "lamps", "windows", "baskets", "chairs", "tickets",
    "blankets", "bottles", "mirrors", "ladders", "carpets", "suitcases", "cameras", "plates",
    "pianos",
)  # fmt: skip
WHEN = (
    "this morning", "last Friday", "before lunch", "on Sunday", "near the harbour", "at the station",
    "after the storm", "in the village", "during the break", "by the river", "late at night",
    "in the garden", "at the market", "behind the church", "without a word", "in great haste",
)  # fmt: skip

COMMON = tuple(
    f"{head} {tail}"
    for head, tail in itertools.product(
        (
            "Good morning,", "Thank you,", "Please hold,", "I am sorry,", "All done,",
            "One moment,", "You are next,", "Let me check,", "Very good,", "We are closed,",
        ),
        (
            "how can I help you?", "is there anything else today?", "we will be with you soon.",
            "please try again a bit later.", "have a very nice day.", "I will send you a message.",
            "please say yes or no.", "someone will call you back.", "thank you for your patience.",
            "goodbye and take good care.",
        ),
    )
)  # fmt: skip


def novel(seed):
    """Sentences without end (one million for each seed), no two of them the same."""
    shapes = list(map(len, (WHO, DID, HOW, WHAT, WHEN)))
    count = 1
    for size in shapes:
        count *= size
    # A stride that has no factor in common with the count visits every combination once.
    order = random.Random(seed)
    at = order.randrange(count)
    stride = next(s for s in iter(lambda: order.randrange(1, count), 0) if _coprime(s, count))
    while True:
        index, words = at, []
        for part in (WHO, DID, HOW, WHAT, WHEN):
            index, place = divmod(index, len(part))
            words.append(part[place])
        sentence = " ".join(words)
        yield sentence[0].upper() + sentence[1:] + "."
        at = (at + stride) % count


def _coprime(a, b):
    while b:
        a, b = b, a % b
    return a == 1
