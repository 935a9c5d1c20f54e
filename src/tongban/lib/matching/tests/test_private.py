"""Encoded at home, compared by those who hold no secret: pairs are found through slips, nothing else is learned."""

import json

import numpy as np
import pytest

from tongban.lib.matching import private
from tongban.lib.matching.private import BadEncoding, compare, encode, loaded

SECRET = "两家约定的密钥，当面交换，不经平台"
FIELDS = ("姓名", "出生日期", "性别", "行政区划")
ROWS = [
    {"姓名": "王合成", "出生日期": "1980-05-01", "性别": "女", "行政区划": "370102"},
    {"姓名": "李合成", "出生日期": "1991-11-23", "性别": "男", "行政区划": "370202"},
    {"姓名": "欧阳合成", "出生日期": "1975-02-28", "性别": "女", "行政区划": "370602"},
]


def persons(number, seed):
    """Synthetic persons of few surnames, and what another office wrote of four in five of them, with slips."""
    rng = np.random.default_rng(seed)
    given = "伟芳娜敏静丽强磊军洋勇艳杰娟涛明超兰霞平刚桂英华文玉建国春红志海燕"
    made = [
        {
            "姓名": "王李张刘陈"[rng.integers(5)] + "".join(given[i] for i in rng.integers(len(given), size=2)),
            "出生日期": f"{rng.integers(1940, 2010)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}", "性别": "男女"[rng.integers(2)],
            "行政区划": f"3701{rng.integers(1, 13):02d}",
        }
        for _n in range(number)
    ]  # fmt: skip
    other, truth = [], {}
    for n in rng.permutation(number).tolist():
        row, luck = dict(made[n]), rng.random(4)
        if luck[0] < 0.2:
            row |= {"姓名": "赵" + row["姓名"][1:], "出生日期": f"{rng.integers(1940, 2010)}{rng.integers(1, 13):02d}{rng.integers(1, 29):02d}"}
        else:
            truth[n + 1] = len(other) + 1
            if luck[1] < 0.06:
                row["姓名"] = row["姓名"][:-1] + given[rng.integers(len(given))]
            if luck[2] < 0.05:
                row["出生日期"] = row["出生日期"][:7] + str(rng.integers(10))
            if luck[3] < 0.05:
                row["行政区划"] = f"3701{rng.integers(1, 13):02d}"
        other.append(row)
    return made, other, truth


def test_the_same_person_is_found_through_slips():
    made, other, truth = persons(3000, 5)
    found = compare(encode(made, FIELDS, SECRET), encode(other, FIELDS, SECRET))
    good = sum(truth.get(p.left) == p.right for p in found)
    precision, recall = good / len(found), good / len(truth)
    assert 2 * precision * recall / (precision + recall) > 0.97, (precision, recall)
    assert len({p.left for p in found}) == len({p.right for p in found}) == len(found)


def test_few_names_in_one_county_are_told_apart():
    """The worst case of a Chinese register: hundreds of the same name."""
    made, other, truth = persons(2000, 6)
    for row in [*made, *other]:
        row |= {"姓名": row["姓名"][:2] + "伟芳"[ord(row["姓名"][2]) % 2], "行政区划": "370102"}
    found = compare(encode(made, FIELDS, SECRET), encode(other, FIELDS, SECRET))
    good = sum(truth.get(p.left) == p.right for p in found)
    assert good / len(found) > 0.99
    assert good / len(truth) > 0.98


def test_equal_rows_are_wholly_alike_whatever_their_writing():
    told = [{**ROWS[0], "出生日期": "19800501", "姓名": " 王 合成"}, ROWS[2]]
    found = compare(encode(ROWS, FIELDS, SECRET), encode(told, FIELDS, SECRET))
    assert [(p.left, p.right, p.alike) for p in found] == [(1, 1, 1.0), (3, 2, 1.0)]


def test_what_is_handed_over_holds_no_value_and_depends_on_the_secret():
    made = encode(ROWS, FIELDS, SECRET)
    told = made.dumped().decode()
    assert not any(value in told for row in ROWS for value in row.values() if len(value) > 1)
    other = encode(ROWS, FIELDS, SECRET + "二")
    assert made.check != other.check
    assert (made.filters != other.filters).any(axis=1).all()
    with pytest.raises(BadEncoding, match="secret"):
        compare(made, other)
    with pytest.raises(BadEncoding, match="fields"):
        compare(made, encode(ROWS, FIELDS[:3], SECRET))


def test_it_is_read_back_as_it_was_and_nothing_else_is():
    made = encode(ROWS, (*FIELDS, "备注"), SECRET)
    again = loaded(made.dumped())
    assert (again.fields, again.check) == (made.fields, made.check)
    assert (again.filters == made.filters).all()
    told = json.loads(made.dumped())
    for wrong in (b"", b"[]", b"name,id", json.dumps({**told, "format": "other"}).encode(), json.dumps({**told, "rows": 4}).encode(),
                  json.dumps({**told, "filters": "%%"}).encode(), json.dumps({**told, "check": "x"}).encode()):  # fmt: skip
        with pytest.raises(BadEncoding, match="format"):
            loaded(wrong)
    with pytest.raises(BadEncoding, match="rows"):
        loaded(json.dumps({**told, "fields": ["备注"]}).encode())


@pytest.mark.parametrize(("rows", "fields", "secret", "why"), [
    ([], FIELDS, SECRET, "rows"), (ROWS, ("备注",), SECRET, "rows"), (ROWS, FIELDS, "short", "secret"), (ROWS * 7000, FIELDS, SECRET, "rows"),
])  # fmt: skip
def test_what_will_not_do_is_told(rows, fields, secret, why):
    with pytest.raises(BadEncoding, match=why):
        encode(rows, fields, secret)


def test_a_row_without_values_is_like_nobody():
    made = encode([{}, ROWS[0]], FIELDS, SECRET)
    assert [(p.left, p.right) for p in compare(made, made)] == [(2, 2)]


def test_the_bound_is_where_it_tells_most():
    """A lower bound takes strangers for one, a higher one loses slips."""
    made, other, truth = persons(1500, 9)
    left, right = encode(made, FIELDS, SECRET), encode(other, FIELDS, SECRET)

    def f1(same):
        found = compare(left, right, same=same)
        good = sum(truth.get(p.left) == p.right for p in found)
        return 2 * good / (len(found) + len(truth)) if found else 0

    assert f1(private.SAME) >= max(f1(private.SAME - 0.1), f1(0.97)) - 0.005
