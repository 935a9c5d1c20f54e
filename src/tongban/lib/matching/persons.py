"""How persons of two departments are compared: name and its sound, birth day, sex, county, address."""

from collections.abc import Mapping
from typing import TYPE_CHECKING

from tongban.lib.late import late
from tongban.lib.matching.blocks import Block, joined
from tongban.lib.matching.fields import Coded, Field, coded

if TYPE_CHECKING:
    import pypinyin
else:
    pypinyin = late("pypinyin")

FIELDS = (
    Field("name", "chinese-name", frequent=True), Field("born", "code"), Field("sex", "exact"), Field("county", "exact", frequent=True),
    Field("address", "text", frequent=True),
)  # fmt: skip
KEYS = (("name", "county"), ("born", "sex", "county"), ("name", "born"), ("address",))
Columns = dict[str, list[str]]


def with_sound(name: str) -> str:
    """王伟 -> 王伟|wangwei; "" stays."""
    return f"{name}|{''.join(pypinyin.lazy_pinyin(name, style=pypinyin.Style.NORMAL))}" if name else ""


def prepared(columns: Mapping[str, list[str]]) -> Columns:
    """Columns ready to be compared: names with their sound, each distinct name spelled once."""
    sounds = {name: with_sound(name) for name in set(columns["name"])}
    return {**columns, "name": [sounds[name] for name in columns["name"]]}


def blocks(held: Mapping[str, Coded]) -> list[Block]:
    """Sound of the name within a county, which holds the name itself; day and sex, cut by county where a day is crowded; name and day; address."""
    name, born, sex, county = (held[n] for n in ("name", "born", "sex", "county"))
    sound = coded(*([v.partition("|")[2] for v in side] for side in _sides(name)))
    in_county = (county.left, county.right)
    return [
        Block(*joined([(sound.left, sound.right), in_county])),
        Block(*joined([(born.left, born.right), (sex.left, sex.right)]), in_county),
        Block(*joined([(name.left, name.right), (born.left, born.right)])),
        Block(held["address"].left, held["address"].right),
    ]  # fmt: skip


def _sides(held: Coded) -> tuple[list[str], list[str]]:
    values = held.values
    return [values[c] for c in held.left.tolist()], [values[c] for c in held.right.tolist()]
