"""How an endpoint is described: one `Endpoint` is one line of a list, and the document follows from the lists."""

from typing import Any

import msgspec


class Query(msgspec.Struct, frozen=True):
    """A query parameter and its JSON Schema."""

    name: str
    description: str
    schema: dict[str, Any]
    required: bool = False


class Field(msgspec.Struct, frozen=True):
    """A parameter of a form. `longest` in characters."""

    name: str
    description: str
    longest: int = 256
    required: bool = False
    words: tuple[str, ...] = ()
    """All that it may be, where that is a list of words."""


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """One method at one path. Path parameters stand in braces and are GUIDs."""

    method: str
    path: str
    tag: str
    summary: str
    description: str
    security: str = ""
    """`client`, `instance`, `bearer`, or empty: open to all."""
    permissions: tuple[str, ...] = ()
    """Any of them opens it."""
    query: tuple[Query, ...] = ()
    form: tuple[Field, ...] = ()
    body: type[msgspec.Struct] | None = None
    body_example: Any = None
    answer: type[msgspec.Struct] | dict[str, Any] | None = None
    """The type of the 200 answer, or its JSON Schema; None: no content."""
    answer_example: Any = None
    refusals: tuple[int, ...] = ()

    @property
    def operation_id(self) -> str:
        """A name for generated clients: method and path in words."""
        words = [word.strip("{}.") for word in self.path.replace("-", "/").split("/")]
        return "_".join([self.method, *(word for word in words if word)]).replace(".", "_")
