"""Reading what a form sent, where a wrong value simply names nothing."""


def identifier(told: str) -> int:
    """A row's number as a form or an address gives it; 0, which no row has, where it is none."""
    return int(told) if told.isascii() and told.isdigit() and len(told) < 18 else 0
