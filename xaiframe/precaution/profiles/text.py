"""Messages profiled: words, those never learnt, scripts, and characters repeated in a row."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from itertools import chain, compress

import numpy as np
import pandas as pd

from xaiframe.data.face import Data, Split
from xaiframe.data.messages.words import key, words
from xaiframe.facts import Fact
from xaiframe.precaution.measure import share_fact

REPEATED = re.compile(r"(\S)\1{3,}")
"""Four or more of the same character in a row."""
CALLED = {"CJK": "Han"}


def profile(data: Data, most: int) -> tuple[list[Fact], dict[str, pd.DataFrame]]:
    """Facts vocabulary, scripts, repeated_characters_share (training messages),
    out_of_vocabulary_share per split; tables values (frequent words per class) and scripts."""
    told = {name: [vocabulary(one) for one in spoken(part)] for name, part in data.splits.items()}
    messages = spoken(data.train)
    n, table, learnt = len(messages), scripts(messages), set().union(*told["train"])
    facts = [
        Fact("vocabulary", len(learnt), "words", n=n),
        Fact("scripts", len(table), "scripts", n=n),
        share_fact(
            "repeated_characters_share",
            sum(REPEATED.search(one) is not None for one in messages),
            n,
            better="none",
        ),
    ]
    for name in ("validation", "test"):
        unknown = sum(len(own - learnt) for own in told[name])
        every = sum(map(len, told[name]))
        facts.append(
            share_fact(
                "out_of_vocabulary_share", unknown, every, {"split": name}, "lower",
                "there are no words",
            )
        )  # fmt: skip
    return facts, {"values": frequent_words(data, told["train"], most), "scripts": table}


def spoken(split: Split) -> list[str]:
    """The messages of a split; none where the data carry no originals."""
    return [] if split.original is None else [str(message) for message in split.original]


def vocabulary(message: str) -> set[str]:
    """The different words of a message that hold a letter or a digit."""
    return {
        key(word.surface) for word in words(message) if any(map(str.isalnum, word.surface))
    }  # fmt: skip


def frequent_words(data: Data, told: list[set[str]], most: int) -> pd.DataFrame:
    """The words that occur in most training messages, per class: column ``class: …``, value, count
    of messages; in all of them where the target is a number."""
    groups = [
        (f"{data.target}: {name}", list(compress(told, data.train.y == k)))
        for k, name in enumerate(data.classes)
    ] or [("words", told)]
    rows = [
        {"column": name, "value": word, "count": count}
        for name, own in groups
        for word, count in Counter(chain.from_iterable(map(sorted, own))).most_common(most)
    ]
    return pd.DataFrame(rows, columns=["column", "value", "count"])


def scripts(messages: list[str]) -> pd.DataFrame:
    """Scripts of the letters: script, characters, share of all letters, messages that hold one;
    the commonest first. A letter's script is the first word of its Unicode name."""
    letters = [Counter(filter(str.isalpha, one)) for one in messages]
    known = {letter: script(letter) for letter in set().union(*letters)}
    characters: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for own in letters:
        held.update({known[letter] for letter in own})
        for letter, count in own.items():
            characters[known[letter]] += count
    names = sorted(characters, key=lambda name: (-characters[name], name))
    found = np.array([characters[name] for name in names], dtype=np.int64)
    return pd.DataFrame(
        {
            "script": np.array(names, dtype=object),
            "characters": found,
            "share": found / max(int(found.sum()), 1),
            "messages": np.array([held[name] for name in names], dtype=np.int64),
        }
    )


def script(letter: str) -> str:
    """``Latin``, ``Hangul``, ``Han``, …; full-width and ornamental forms as what they stand for."""
    plain = unicodedata.normalize("NFKC", letter)[0]
    first = unicodedata.name(plain, "UNNAMED").split()[0]
    return CALLED.get(first, first.capitalize())
