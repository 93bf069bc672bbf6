"""How the words of *Moby-Dick* are spoken: a part of the CMU Pronouncing Dictionary.

13,765 of the novel's 17,079 different words, with all pronunciations that the dictionary gives
(North American, of our time, not Melville's). A pronunciation is a row of sounds in ARPAbet; a
vowel ends with its stress: 0 none, 1 the main one, 2 a weaker one. Origin, licence (BSD, two
clauses) and checksums are in ``pronunciations.json`` and ``DATA_LICENSES.md`` beside this file.
"""

from __future__ import annotations

import re
from pathlib import Path

from ..core import check_text
from ..core.outside import refusing
from .vendored import AGAIN, problems, read_vendored

FOLDER = Path(__file__).parent
FILE = FOLDER / "pronunciations.npz"
RECORD = FOLDER / "pronunciations.json"
WORD = re.compile(r"[a-z]+(?:'[a-z]+)*")


def pronunciations() -> dict[str, tuple[str, ...]]:
    """The pronunciations of 13,765 English words, in lower case.

    Returns
    -------
    dict of str to tuple of str
        Sounds separated by blanks, the commonest pronunciation first.

    Raises
    ------
    DataError
        Where the file is missing or damaged.

    Examples
    --------
    >>> spoken = pronunciations()
    >>> spoken["ocean"], spoken["read"]
    (('OW1 SH AH0 N',), ('R EH1 D', 'R IY1 D'))
    """
    stored = read_vendored(FILE, RECORD, {"lines": (None,)})["lines"]
    with refusing(f"{FILE.name} holds no pronunciations", remedy=AGAIN):
        rows = (line.split("\t") for line in stored.tobytes().decode("ascii").split("\n"))
        return {word: tuple(sounds) for word, *sounds in rows}


def words(text: str) -> list[str]:
    """The words of an English text in lower case, without punctuation.

    >>> words("'Tis Ahab's\u2014the WHALE!")
    ['tis', "ahab's", 'the', 'whale']
    """
    return WORD.findall(check_text("text", text).lower().replace("\u2019", "'"))


def stresses(sounds: str) -> str:
    """The stress of each syllable: one digit a vowel.

    >>> stresses("L AH0 V AY1 AH0 TH AH0 N")  # leviathan
    '0100'
    """
    return "".join(re.findall(r"\d", check_text("sounds", sounds)))


def rhyme_part(sounds: str) -> str:
    """What two words must share to rhyme: from the last stressed vowel to the end.

    A word without a stressed vowel has all from its last vowel on. The digits are left out.

    >>> rhyme_part("S EY1 L IH0 NG"), rhyme_part("W EY1 L IH0 NG")  # sailing, wailing
    ('EY L IH NG', 'EY L IH NG')
    """
    parts = check_text("sounds", sounds).split()
    vowels = [at for at, part in enumerate(parts) if part[-1].isdigit()]
    stressed = [at for at in vowels if parts[at][-1] in "12"] or vowels
    return " ".join(part.rstrip("012") for part in parts[stressed[-1] if stressed else 0 :])


def verify() -> list[str]:
    """Compare the stored pronunciations with the sha256 on record; the problems, as sentences.

    >>> verify()
    []
    """
    return problems(FILE, RECORD)
