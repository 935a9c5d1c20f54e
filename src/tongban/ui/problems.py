"""The form of every refusal of the API (RFC 9457), for its description."""

from ninja import Schema


class FieldProblem(Schema):
    field: str
    detail: str


class Problem(Schema):
    type: str
    title: str
    status: int
    detail: str
    errors: list[FieldProblem] = []
    instead: str = ""


PROBLEMS: dict[int, type[Problem]] = dict.fromkeys((400, 401, 403, 404, 405, 409, 410, 413, 415, 422, 429, 503), Problem)
