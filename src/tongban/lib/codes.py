"""Codes with check digits: GB 32100 (organisations), GB 11643 (persons), GB/T 2260 (regions). Pure."""

import re
from collections.abc import Callable
from datetime import date

CREDIT_ALPHABET = "0123456789ABCDEFGHJKLMNPQRTUWXY"  # GB 32100-2015, 5.2: without I O S V Z
_CREDIT_WEIGHTS = [pow(3, i, 31) for i in range(17)]
_RESIDENT_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)  # GB 11643-1999, annex A
_RESIDENT_CHECK = "10X98765432"


def credit_check_digit(body: str) -> str:
    """The 18th character for the first 17 of a unified social credit code."""
    total = sum(CREDIT_ALPHABET.index(c) * w for c, w in zip(body, _CREDIT_WEIGHTS, strict=True))
    return CREDIT_ALPHABET[(31 - total % 31) % 31]


def credit_code_fault(code: str) -> str:
    """ "" when the code is sound, else a slug: length, alphabet, check-digit."""
    if len(code) != 18:
        return "length"
    if any(c not in CREDIT_ALPHABET for c in code):
        return "alphabet"
    return "" if credit_check_digit(code[:17]) == code[17] else "check-digit"


def make_credit_code(kind: str, region: str, serial: str) -> str:
    """A sound code from a two-character kind ("11" organ, "91" enterprise), six-digit region, nine-character serial."""
    body = f"{kind}{region}{serial}"
    return body + credit_check_digit(body)


def resident_check_digit(body: str) -> str:
    """The 18th character for the first 17 digits of a citizen identity number."""
    total = sum(int(c) * w for c, w in zip(body, _RESIDENT_WEIGHTS, strict=True))
    return _RESIDENT_CHECK[total % 11]


def resident_id_fault(number: str, *, today: date, region_known: Callable[[str], bool] | None = None) -> str:
    """ "" when the number is sound, else: length, digits, region, birth-date, check-digit.

    `region_known` answers for six digits *with history*: an identity keeps the code of the county that issued
    it, long after that county was merged or renamed.
    """
    if len(number) != 18:
        return "length"
    if not (number[:17].isascii() and number[:17].isdigit() and number[17] in "0123456789X"):
        return "digits"
    if region_known and not region_known(number[:6]):
        return "region"
    try:
        born = date(int(number[6:10]), int(number[10:12]), int(number[12:14]))
    except ValueError:
        return "birth-date"
    if born > today or born.year < 1880:
        return "birth-date"
    return "" if resident_check_digit(number[:17]) == number[17] else "check-digit"


def gbt2260(code: str) -> str:
    """The six-digit form of a region code kept short ("37" -> "370000", "3701" -> "370100")."""
    return code[:6].ljust(6, "0")


def in_region(code: str, scope: str) -> bool:
    """Whether region `code` lies in `scope`; codes are kept short, so a prefix is the subtree."""
    return code.startswith(scope)


def ancestors(code: str) -> list[str]:
    """ "370102001" -> ["37", "3701", "370102", "370102001"]."""
    return [code[:n] for n in (2, 4, 6, 9) if len(code) >= n]


def mobile_fault(number: str) -> str:
    """ "form" unless it is a mobile number of the mainland: eleven digits from 13 to 19."""
    return "" if re.fullmatch(r"1[3-9]\d{9}", number, re.ASCII) else "form"
