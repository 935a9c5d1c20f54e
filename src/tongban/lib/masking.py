"""Identity numbers and mobile numbers are masked wherever no purpose is recorded, logs included."""

import logging
import re

_ID = re.compile(r"(?<![0-9A-Za-z])([1-9]\d{5})(\d{8})(\d{3}[\dXx])(?![0-9A-Za-z])")
_MOBILE = re.compile(r"(?<!\d)(1[3-9]\d)(\d{4})(\d{4})(?!\d)")


def mask_id(number: str) -> str:
    """370102********123X: the first six and the last four stay."""
    return number[:6] + "*" * max(0, len(number) - 10) + number[-4:] if len(number) > 10 else "*" * len(number)


def mask_mobile(number: str) -> str:
    return number[:3] + "****" + number[-4:] if len(number) == 11 else number


def mask_text(text: str) -> str:
    """Every identity or mobile number inside a text, masked; linear in its length."""
    return _MOBILE.sub(r"\1****\3", _ID.sub(r"\1********\3", text))


class LogFilter(logging.Filter):
    """Masks the finished message of every log record."""

    def filter(self, record: logging.LogRecord) -> bool:
        record.msg, record.args = mask_text(record.getMessage()), None
        return True
