"""How Baton says no: what happened, and what to do."""


class Refused(Exception):
    """A verb declines. `code` is stable for programs; `message` and `remedy` are for people.

    `status` is the HTTP status an edge answers with: 409 where the state has moved on,
    422 where the input is at fault, 403 where the person may not. `field` names the
    input at fault, if one is.
    """

    def __init__(
        self, code: str, message: str, remedy: str = "", *, status: int = 422, field: str = ""
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = str(message)
        self.remedy = str(remedy)
        self.status = status
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.remedy}".strip()
