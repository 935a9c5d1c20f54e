"""Chinese text for search: words, pinyin, initials. Tokens are stored in a tsvector, so PostgreSQL ranks them."""

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tongban.lib.late import late

if TYPE_CHECKING:
    import pypinyin as sounds
    import rjieba
else:
    sounds, rjieba = late("pypinyin"), late("rjieba")

_LATIN = re.compile(r"[a-z0-9]+")
_USEFUL = re.compile(r"[\w\u4e00-\u9fff]", re.UNICODE)
NOISE = frozenset(
    [
        "的",
        "了",
        "和",
        "与",
        "或",
        "及",
        "等",
        "我",
        "我要",
        "要",
        "想",
        "怎么",
        "如何",
        "办",
        "办理",
        "申请",
        "什么",
        "在",
        "哪",
        "哪里",
        "一",
        "一家",
        "一个",
        "个",
        "家",
        "小",
        "吗",
        "呢",
        "需要",
        "手续",
        "咋",
        "请问",
    ]
)


@lru_cache(maxsize=20_000)
def words(text: str) -> tuple[str, ...]:
    """The words of a text in lower case, longest segmentation and its parts, without punctuation."""
    found = [w.strip().lower() for w in rjieba.cut_for_search(text)]
    return tuple(w for w in found if w and _USEFUL.search(w))


@lru_cache(maxsize=20_000)
def pinyin(text: str) -> tuple[str, str]:
    """("kaicanguan", "kcg") for 开餐馆; Latin passes through."""
    full = "".join(sounds.lazy_pinyin(text, errors=lambda s: "".join(_LATIN.findall(s.lower()))))
    first = "".join(sounds.lazy_pinyin(text, style=sounds.Style.FIRST_LETTER, errors=lambda s: "".join(_LATIN.findall(s.lower()))))
    return full, first


def quoted(token: str) -> str:
    """A token as a tsvector/tsquery lexeme."""
    return "'" + token.replace("\\", "").replace("'", "") + "'"


def vector(weighted: dict[str, str]) -> str:
    """A tsvector literal from {"text": "A"}: positions by order, weight by the letter given for the text."""
    best: dict[str, str] = {}
    for text, weight in weighted.items():
        for token in words(text):
            if token not in best or weight < best[token]:
                best[token] = weight
    return " ".join(f"{quoted(t)}:{min(i + 1, 16000)}{w}" for i, (t, w) in enumerate(best.items()))


def meaningful(text: str) -> list[str]:
    """The words of a question that say what is wanted: 我要开一家小餐馆 -> 开, 餐馆; all of them if none would remain."""
    found = list(dict.fromkeys(words(text)))
    kept = [w for w in found if w not in NOISE]
    return kept or found


def looks_like_pinyin(text: str) -> bool:
    """Latin letters only, as typed by someone without an input method."""
    return bool(re.fullmatch(r"[a-z ]{2,40}", text.strip().lower()))
