"""One tree of errors; `ui.refusals` turns each into a page or application/problem+json.

TongbanError
├── Invalid       422  what was typed must be changed; `fields` names where
├── NotLoggedIn   401
├── Refused       403  this actor may not
├── NotFound      404  absent, or outside the actor's scope (the two are not told apart)
├── Conflict      409  the thing has moved on, or the rule forbids the move
├── Gone          410  cancelled; `instead` names what replaces it
├── TooLarge      413
├── TooMany       429
└── Unavailable   503  a part outside does not answer
"""

from collections.abc import Mapping


class TongbanError(Exception):
    """`code` is stable and greppable; `sentence` is in the reader's language and says what to do next."""

    status = 500
    code = "error"

    def __init__(self, sentence: object, *, code: str = "", fields: Mapping[str, object] | None = None) -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.code = code or self.code
        self.fields = dict(fields or {})

    def __str__(self) -> str:
        return str(self.sentence)


class Invalid(TongbanError):
    status, code = 422, "invalid"

    @classmethod
    def at(cls, field: str, sentence: str) -> "Invalid":
        """One field to be changed, and why."""
        return cls(sentence, fields={field: sentence})


class NotLoggedIn(TongbanError):
    status, code = 401, "not-logged-in"


class Refused(TongbanError):
    status, code = 403, "refused"


class NotFound(TongbanError):
    status, code = 404, "not-found"


class Conflict(TongbanError):
    status, code = 409, "conflict"


class Gone(TongbanError):
    status, code = 410, "gone"

    def __init__(self, sentence: object, *, instead: str = "") -> None:
        super().__init__(sentence)
        self.instead = instead


class TooLarge(TongbanError):
    status, code = 413, "too-large"


class TooMany(TongbanError):
    status, code = 429, "too-many"


class Unavailable(TongbanError):
    status, code = 503, "unavailable"
