"""Forms of pages: every field as it was typed, read as strictly as those of programs."""

from powerepos_cloud.http.forms import FormFault, decode


def read_fields(body: bytes, *, most: int, longest: int) -> dict[str, list[str]]:
    """Every field in the order in which it came, empty and repeated ones too; `longest` in characters.

    Line ends become a line feed, as they were typed (HTML sends CR LF). Raises `FormFault`.
    """
    try:
        text = body.decode()
    except UnicodeDecodeError:
        raise FormFault("The body is not UTF-8.") from None
    fields: dict[str, list[str]] = {}
    pairs = text.split("&", most) if text else []
    if len(pairs) > most:
        raise FormFault(f"The form has more than {most} fields.")
    for pair in pairs:
        name, _, value = pair.partition("=")
        name = decode(name, "a field's name")
        value = decode(value, f"the field {name}" if name.isidentifier() else "a field").replace("\r\n", "\n")
        if len(value) > longest:
            raise FormFault(f"A field has more than {longest} characters.")
        fields.setdefault(name, []).append(value)
    return fields
