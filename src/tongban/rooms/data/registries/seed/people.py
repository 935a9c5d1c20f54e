"""A synthetic province: ages, couples, children, households, names, deaths. Arrays of numpy, the same for the same seed.

Nobody of it is real: the division in an identity number is the real one with 50 added to its city (370102 -> 375102), and no
such city was ever numbered, so no number here can belong to a living person.
"""

import csv
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

AS_OF = date(2026, 11, 1)
SHIFT = 5000  # added to a division's six digits in the identity numbers of synthetic persons: no city is numbered 51 to 67
_DAY0 = np.datetime64("1900-01-01", "D")
_NOW = int((np.datetime64(AS_OF) - _DAY0).astype(int))
_YEAR = 365.2425

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Floats = NDArray[np.float64]


@dataclass(slots=True)
class Population:
    """One entry a person; days are counted from 1900-01-01, -1 stands for nobody or never."""

    born: Ints
    male: Flags
    died: Ints
    spouse: Ints
    mother: Ints
    father: Ints
    household: Ints
    head: Flags
    town: Ints  # places in `towns`
    birthplace: Ints  # county of the identity number, as int
    surname: NDArray[np.str_]
    given: NDArray[np.str_]
    id_number: NDArray[np.str_]
    towns: list[str]
    age: Ints  # full years at AS_OF, or at death
    former: Ints  # the township lived in before, a place in `towns`
    moved: Ints  # the day of the move, -1 for those who never did

    def __len__(self) -> int:
        return len(self.born)


def people(folder: Path, number: int, seed: int = 20161) -> Population:
    """`number` persons drawn from the tables in `folder`."""
    rng = np.random.default_rng(seed)
    born, male = _ages(folder, number, rng)
    age = (_NOW - born) / _YEAR
    died = _deaths(age, rng)
    spouse = _couples(born, male, age, rng)
    mother = _mothers(born, male, age, spouse, rng)
    born = _twins(born, mother, rng)
    father = np.where(mother >= 0, spouse[mother], -1)
    household, head = _households(age, male, spouse, mother, rng)
    towns, town = _homes(folder, household, rng)
    birthplace = _birthplaces(towns, town, mother, rng)
    surname, given = _names(folder, born, male, father, mother, rng)
    numbers = _numbers(born, male, birthplace)
    years = ((np.where(died >= 0, died, _NOW) - born) / _YEAR).astype(np.int64)
    former, moved = _moves(towns, household, town, born, died, np.random.default_rng(seed + 2))
    return Population(born, male, died, spouse, mother, father, household, head, town, birthplace, surname, given, numbers, towns, years, former, moved)


def _table(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / name).open(newline="") as file:
        return list(csv.DictReader(file))


def _ages(folder: Path, number: int, rng: np.random.Generator) -> tuple[Ints, Flags]:
    rows = _table(folder, "ages.csv")
    share = np.array([float(r["share"]) for r in rows])
    group = rng.choice(len(rows), number, p=share / share.sum())
    years = np.array([int(r["from_age"]) for r in rows])[group] + rng.random(number) * 5
    male = rng.random(number) < np.array([float(r["male"]) for r in rows])[group]
    return _NOW - (years * _YEAR).astype(np.int64), male


def _deaths(age: Floats, rng: np.random.Generator) -> Ints:
    """Deaths of the last three years, by Gompertz's law (chance of a year: 0.00035 at 30, doubling every eight years)."""
    chance = np.minimum(0.6, 3 * 0.00035 * np.exp(0.0866 * (age - 30)))
    dead = rng.random(len(age)) < chance
    return np.where(dead, _NOW - rng.integers(1, 1095, len(age)), -1)


def _couples(born: Ints, male: Flags, age: Floats, rng: np.random.Generator) -> Ints:
    """Women and men of like age: each sex is put in the order of a blurred birth day, and the two orders are laid side by side."""
    chance = np.interp(age, [22, 25, 30, 40, 70, 80, 95], [0.05, 0.35, 0.85, 0.95, 0.9, 0.6, 0.2])
    ready = (age >= 22) & (rng.random(len(age)) < chance)
    spouse = np.full(len(age), -1, dtype=np.int64)
    women, men = np.flatnonzero(ready & ~male), np.flatnonzero(ready & male)
    pairs = min(len(women), len(men))
    women, men = rng.permutation(women)[:pairs], rng.permutation(men)[:pairs]
    women = women[np.argsort(born[women] + rng.normal(0, 700, pairs))]
    men = men[np.argsort(born[men] + rng.normal(0, 700, pairs))]
    near = np.abs(born[women] - born[men]) < 15 * _YEAR
    spouse[women[near]], spouse[men[near]] = men[near], women[near]
    return spouse


def _mothers(born: Ints, male: Flags, age: Floats, spouse: Ints, rng: np.random.Generator) -> Ints:
    """Everyone under 32 gets a married mother who was 20 to 42, near 27."""
    mother = np.full(len(born), -1, dtype=np.int64)
    wives = np.flatnonzero((spouse >= 0) & ~male)
    if not len(wives):
        return mother
    wives = wives[np.argsort(born[wives])]
    children = np.flatnonzero(age < 32)
    then = np.clip(rng.normal(27.2, 4.5, len(children)), 20.5, 41.5) * _YEAR
    place = np.searchsorted(born[wives], born[children] - then) + rng.integers(-40, 41, len(children))
    chosen = wives[np.clip(place, 0, len(wives) - 1)]
    years = (born[children] - born[chosen]) / _YEAR
    sound = (years >= 20) & (years <= 42)
    mother[children[sound]] = chosen[sound]
    return mother


def _twins(born: Ints, mother: Ints, rng: np.random.Generator) -> Ints:
    """Brothers and sisters are twins or a year apart at least: those too near the one before leave, or share its day."""
    order = np.lexsort((born, mother))
    order = order[mother[order] >= 0]
    before, here = order[:-1], order[1:]
    near = (mother[before] == mother[here]) & (born[here] - born[before] < 330)
    twin = near & ~np.r_[False, near[:-1]] & (rng.random(len(near)) < 0.3)
    born = born.copy()
    born[here[twin]] = born[before[twin]]
    mother[here[near & ~twin]] = -1
    return born


def _households(age: Floats, male: Flags, spouse: Ints, mother: Ints, rng: np.random.Generator) -> tuple[Ints, Flags]:
    """A couple is a household with the children who are not married; some old couples live with a younger one."""
    number = len(age)
    own = np.arange(number)
    wives = (spouse >= 0) & ~male
    home = np.where(wives, spouse, own)  # a couple's household is named by the husband
    single = (spouse < 0) & (mother >= 0) & ((age < 24) | (rng.random(number) < 0.5))
    home = np.where(single, home[mother], home)
    old = np.flatnonzero((age >= 68) & ((spouse < 0) | male) & (home == own))
    young = np.flatnonzero((age >= 30) & (age < 48) & male & (spouse >= 0))
    if len(young):
        joins = rng.permutation(old)[: min(len(old) // 3, len(young))]
        hosts = rng.permutation(young)[: len(joins)]
        home[joins] = hosts
        partners = joins[spouse[joins] >= 0]
        home[spouse[partners]] = home[partners]
    return home, home == own


def _homes(folder: Path, household: Ints, rng: np.random.Generator) -> tuple[list[str], Ints]:
    """A township for each household; the number of a township's villages and communities stands for its people."""
    rows = _table(folder, "townships.csv")
    weight = np.array([int(r["villages"]) for r in rows], dtype=float)
    drawn = rng.choice(len(rows), len(household), p=weight / weight.sum())
    return [r["code"] for r in rows], drawn[household]


def _moves(towns: list[str], household: Ints, town: Ints, born: Ints, died: Ints, rng: np.random.Generator) -> tuple[Ints, Ints]:
    """One household in eight moved within the last ten years, half of them from another county; whoever was born or died meanwhile did not."""
    went = rng.random(len(town)) < 0.125
    day = _NOW - rng.integers(30, 3650, len(town))
    county = np.array([int(t[:6]) for t in towns])
    order = np.argsort(county, kind="stable")
    near = order[np.searchsorted(county[order], county[town])]  # the first township of the same county
    former = np.where(rng.random(len(town)) < 0.5, rng.integers(0, len(towns), len(town)), near)
    went, day, former = went[household], day[household], former[household]
    lived = went & (day > born + 60) & ((died < 0) | (day < died)) & (former != town)
    return former, np.where(lived, day, -1)


def _birthplaces(towns: list[str], town: Ints, mother: Ints, rng: np.random.Generator) -> Ints:
    """Nine of ten were registered first in the county where they live."""
    counties = np.array([int(t[:6]) for t in towns])
    moved = rng.random(len(town)) < 0.1
    return np.where(moved, counties[rng.integers(0, len(counties), len(town))], counties[town])


def _names(folder: Path, born: Ints, male: Flags, father: Ints, mother: Ints, rng: np.random.Generator) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
    """A child bears its father's name, one in twenty its mother's; given names follow the years."""
    rows = _table(folder, "surnames.csv")
    share = np.array([float(r["share"]) for r in rows])
    surname = np.array([r["surname"] for r in rows])[rng.choice(len(rows), len(born), p=share / share.sum())]
    of = np.where(rng.random(len(born)) < 0.05, mother, father)
    for child in np.argsort(born):  # parents are older, so theirs is settled
        if of[child] >= 0:
            surname[child] = surname[of[child]]
    given = np.full(len(born), "", dtype="U2")
    for row in _table(folder, "given_names.csv"):
        first = (np.datetime64(f"{row['from_year']}-01-01") - _DAY0).astype(int)
        last = (np.datetime64(f"{_until(row['from_year'])}-01-01") - _DAY0).astype(int)
        here = np.flatnonzero((male == (row["sex"] == "M")) & (born >= first) & (born < last))
        signs = np.array(list(row["characters"]))
        weight = 1 / np.arange(1, len(signs) + 1) ** 0.6
        drawn = signs[rng.choice(len(signs), (2, len(here)), p=weight / weight.sum())]
        single = rng.random(len(here)) < float(row["single"])
        given[here] = np.where(single, drawn[0], np.char.add(drawn[0], drawn[1]))
    return surname, given


def _until(year: str) -> str:
    return {"1900": "1950", "1950": "1970", "1970": "1990", "1990": "2010"}.get(year, "2100")


_WEIGHTS = np.array((7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2))


def _numbers(born: Ints, male: Flags, birthplace: Ints) -> NDArray[np.str_]:
    """GB 11643 numbers: the order within a county and a day, odd for men, and the check digit.

    More than 499 of one sex in a county on a day raise ValueError: the numbers would run out, as they would in life.
    """
    days = _DAY0 + born.astype("timedelta64[D]")
    stamp = np.char.replace(days.astype("U10"), "-", "").astype(np.int64)
    group = (birthplace * 100_000_000 + stamp) * 2 + male
    order = np.argsort(group, kind="stable")
    first = np.r_[True, group[order][1:] != group[order][:-1]]
    start = np.maximum.accumulate(np.where(first, np.arange(len(order)), 0))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - start
    serial = rank * 2 + male  # women even, men odd
    if len(serial) and serial.max() > 999:
        raise ValueError("more persons of one county and birthday than the numbers can tell apart")
    body = ((birthplace + SHIFT) * 100_000_000 + stamp) * 1000 + serial
    digits = (body[:, None] // 10 ** np.arange(16, -1, -1)) % 10
    check = np.array(list("10X98765432"))[(digits @ _WEIGHTS) % 11]
    return np.char.add(body.astype("U17"), check)
