"""Contract checks on entry, column by column: what is wrong is set aside with its reason, the rest goes on.

Figures: 3,000,000 rows of ten columns in about a second; nothing here looks at one row at a time.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
import pyarrow as pa
import pyarrow.compute as pc

from tongban.lib import codes
from tongban.lib.bus.contract import GONE, Column, Contract

FAULTS = {
    "empty": "必填项为空", "length": "超过长度", "code": "不在值域内", "range": "超出范围", "resident-id": "公民身份号码校验不符",
    "credit-code": "统一社会信用代码校验不符", "region": "行政区划代码格式不符", "mobile": "手机号码格式不符", "future": "日期在将来", "twice": "主键重复", "type": "格式不符", "reference": "引用的记录不存在",
}  # fmt: skip
AHEAD = "ahead"  # a day that may lie in the future, as deadlines and terms do
SHOWN = 80  # characters of a value kept with its fault


@dataclass(frozen=True, slots=True)
class Fault:
    """One value that breaks the contract; `order` is its row's place in the order of changes."""

    key: str
    column: str
    what: str
    value: str
    order: int = 0


def check(
    batch: pa.Table, contract: Contract, today: date, *, changes: bool = False, dangling: Mapping[str, np.ndarray] | None = None
) -> tuple[pa.Table, list[Fault], pa.Table]:
    """(good rows, faults, bad rows). A row with one fault is bad. Among `changes` a key may come again: the newest wins at the target.

    `dangling`: column → mask of values that refer to nothing, as the source found them.
    """
    bad = np.zeros(batch.num_rows, dtype=bool)
    stays = ~batch.column(GONE).to_numpy() if contract.gone else None  # of what is no more only the key travels
    found: list[tuple[Column, str, np.ndarray]] = []
    for column in contract.columns:
        for what, fault in _faults_of(batch.column(column.name), column, contract, today, changes=changes):
            mask = fault if stays is None else fault & stays
            if mask.any():
                bad |= mask
                found.append((column, what, mask))
        if dangling is not None and column.name in dangling and dangling[column.name].any():
            bad |= dangling[column.name]
            found.append((column, "reference", dangling[column.name]))
    if not found:
        return batch, [], batch.slice(0, 0)
    keys, order = batch.column(contract.key), batch.column(contract.sequence)
    faults = [
        Fault(str(keys[n].as_py()), column.name, what, str(batch.column(column.name)[n].as_py())[:SHOWN], order[n].as_py() or 0)
        for column, what, mask in found
        for n in np.flatnonzero(mask).tolist()
    ]
    return batch.filter(pa.array(~bad)), faults, batch.filter(pa.array(bad))


def _faults_of(values: pa.ChunkedArray, column: Column, contract: Contract, today: date, *, changes: bool) -> list[tuple[str, np.ndarray]]:
    told = []
    if values.null_count and (column.required or column.name in (contract.key, contract.sequence)):
        told.append(("empty", _mask(pc.is_null(values))))
    if column.codes:
        told.append(("code", _mask(pc.invert(pc.is_in(values, value_set=pa.array([*column.codes, None], values.type))))))
    if column.length and not column.check:
        told.append(("length", _mask(pc.greater(pc.utf8_length(values), column.length))))
    if column.check and column.check != AHEAD:
        told.append((column.check, _badly_checked(values, column.check)))
    if column.least is not None:
        told.append(("range", _mask(pc.less(values, column.least))))
    if column.most is not None:
        told.append(("range", _mask(pc.greater(values, column.most))))
    if column.type == "date" and column.check != AHEAD:
        told.append(("future", _mask(pc.greater(values, pa.scalar(today, pa.date32())))))
    if column.name == contract.key and not changes:
        told.append(("twice", _repeated(values)))
    return told


def _mask(values: pa.ChunkedArray) -> np.ndarray:
    return pc.fill_null(values, False).to_numpy()


def _repeated(values: pa.ChunkedArray) -> np.ndarray:
    """Every row whose key came earlier in the batch."""
    series = pl.Series(pl.from_arrow(values))
    return (~series.is_first_distinct()).to_numpy()


def _badly_checked(values: pa.ChunkedArray, check: str) -> np.ndarray:
    if check == "region":
        return _mask(pc.invert(pc.match_substring_regex(values, r"^\d{2}(\d{2}(\d{2}(\d{3})?)?)?$")))
    if check == "mobile":
        return _mask(pc.invert(pc.match_substring_regex(values, r"^1[3-9]\d{9}$")))
    whole = _mask(pc.equal(pc.binary_length(values), 18))
    rule = _resident if check == "resident-id" else _credit
    if whole.all():
        return ~rule(_letters(values))
    good = np.zeros(len(values), dtype=bool)
    if whole.any():
        good[whole] = rule(_letters(values.filter(pa.array(whole))))
    return _mask(pc.is_valid(values)) & ~good


def _letters(values: pa.ChunkedArray) -> np.ndarray:
    """The bytes of strings of 18, one row each."""
    joined = pa.concat_arrays(values.chunks) if values.num_chunks != 1 else values.chunk(0)
    start, size = joined.offset, len(joined)
    offsets = np.frombuffer(joined.buffers()[1], dtype=np.int32)
    return np.frombuffer(joined.buffers()[2], dtype=np.uint8)[offsets[start] : offsets[start + size]].reshape(size, 18)


RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, annex A
RESIDENT_CHECK = np.frombuffer(b"10X98765432", dtype=np.uint8)
_MONTH_DAYS = np.array([0, 31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31], dtype=np.uint8)
CREDIT_WEIGHTS = tuple(pow(3, i, 31) for i in range(17))  # GB 32100-2015
CREDIT_VALUES = np.full(256, 99, dtype=np.uint8)
CREDIT_VALUES[np.frombuffer(codes.CREDIT_ALPHABET.encode(), dtype=np.uint8)] = np.arange(31)


def _weighed(values: np.ndarray, weights: tuple[int, ...]) -> tuple[np.ndarray, np.ndarray]:
    """Sum of products by row, and the greatest value; column by column, since rows are short. 17 × 99 × 30 fits 16 bits."""
    total, most = np.zeros(len(values), dtype=np.uint16), np.zeros(len(values), dtype=np.uint8)
    for place, weight in enumerate(weights):
        column = values[:, place]
        total += column * np.uint16(weight)
        np.maximum(most, column, out=most)
    return total, most


def _resident(letters: np.ndarray) -> np.ndarray:
    digits = letters[:, :17] - np.uint8(48)  # below "0" wraps above 9
    total, most = _weighed(digits, RESIDENT_WEIGHTS)
    month, day = digits[:, 10] * np.uint8(10) + digits[:, 11], digits[:, 12] * np.uint8(10) + digits[:, 13]
    born = (month >= 1) & (month <= 12) & (day >= 1) & (day <= _MONTH_DAYS[np.minimum(month, 12)])
    return (most <= 9) & (RESIDENT_CHECK[total % 11] == letters[:, 17]) & born


def _credit(letters: np.ndarray) -> np.ndarray:
    values = CREDIT_VALUES.take(letters)
    total, most = _weighed(values, CREDIT_WEIGHTS)
    return (most < 31) & ((31 - total % 31) % 31 == values[:, 17])
