"""Guess in which encoding a text that is not UTF-8 was written."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

__all__ = ["guess_encoding"]

_MARKS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)

_SECOND_ASCII = ("cp932", "big5")

# Text in its own East Asian encoding consists nearly throughout of the letters of daily use;
# read in a foreign one, of rare ones.
_LEAST_COMMON = 0.85

# So many letters in a row are a word: no western text looks like that by chance.
_LEAST_WORD = 3

# A guess does not get better with more than this.
_ENOUGH = 1 << 20


def _lead(letter: str, codec: str, low: int, high: int) -> bool:
    """Say whether a letter stands in a range of a double-byte set, by its first byte."""
    try:
        code = letter.encode(codec)
    except UnicodeEncodeError:
        return False
    return len(code) == 2 and low <= code[0] <= high


def _hangul(letter: str) -> bool:
    # The 2,350 syllables of daily use, and signs.
    return _lead(letter, "euc_kr", 0xB0, 0xC8) or _lead(letter, "euc_kr", 0xA1, 0xA3)


def _japanese(letter: str) -> bool:
    # Kana, full-width signs, and the kanji of level 1.
    return _lead(letter, "shift_jis", 0x81, 0x98)


def _simplified(letter: str) -> bool:
    return _lead(letter, "gb2312", 0xA1, 0xD7)


def _traditional(letter: str) -> bool:
    return _lead(letter, "big5", 0xA1, 0xC6)


_EAST_ASIAN: tuple[tuple[str, Callable[[str], bool]], ...] = (
    ("cp949", _hangul),
    ("cp932", _japanese),
    ("gb18030", _simplified),
    ("big5", _traditional),
)

# Signs of western text that stand before a letter only where Polish, Czech or Hungarian was meant.
_BEFORE_CENTRAL_LETTERS = re.compile(r"[¹³¿¼¾£¥Ÿ][^\W\d_]")


def guess_encoding(data: bytes) -> str:
    """Name the likeliest encoding.

    Parameters
    ----------
    data : bytes
        Text, or the first part of it.

    Returns
    -------
    str
        ``utf-8``, ``utf-16``, ``utf-32``, ``cp949`` (Korean), ``cp932`` (Japanese, Shift JIS),
        ``gb18030`` or ``big5`` (Chinese), ``cp1251`` (Cyrillic), ``cp1250`` (central European)
        or ``cp1252`` (western European).

    Examples
    --------
    >>> guess_encoding("札幌市,北海道".encode("shift_jis"))
    'cp932'
    >>> guess_encoding("München".encode("latin-1"))
    'cp1252'
    """
    for mark, name in _MARKS:
        if data.startswith(mark):
            return name
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        return "utf-8"
    best = (_LEAST_COMMON, "")
    for name, common in _EAST_ASIAN:
        try:
            text = data[:_ENOUGH].decode(name)
        except UnicodeDecodeError as error:
            if error.start < _ENOUGH - 4:
                continue
            text = data[: error.start].decode(name)
        # Where the second byte may be ASCII, a western letter and the one after it can look like
        # a single East Asian letter; real ones mostly come in rows, or some of them do.
        rows = re.findall(r"[^\x00-\x7f]+", text)
        letters = "".join(rows)
        alone = sum(len(row) == 1 for row in rows)
        word = max(map(len, rows), default=0) >= _LEAST_WORD
        if not letters or (name in _SECOND_ASCII and alone > 0.5 * len(rows) and not word):
            continue
        share = sum(map(common, letters)) / len(letters)
        if share > best[0]:
            best = (share, name)
    return best[1] or _single_byte(data[:_ENOUGH])


def _single_byte(data: bytes) -> str:
    western = data.decode("cp1252", errors="replace")
    foreign = [word for word in re.findall(r"[^\W\d_]+", western) if not word.isascii()]
    # Cyrillic words are foreign letters throughout; western ones have one or two of them.
    throughout = sum(all(ord(letter) > 127 for letter in word) for word in foreign if len(word) > 2)
    long_enough = sum(len(word) > 2 for word in foreign)
    if long_enough and throughout > 0.6 * long_enough:
        return "cp1251"
    return "cp1250" if _BEFORE_CENTRAL_LETTERS.search(western) else "cp1252"
