"""The published description, with fewer choices: so that what is drawn from it gets past the first check often enough."""

import copy
from typing import Any

_CHOICES = {
    "grant_type": ["password", "client_credentials", "refresh_token"],
    "org_id": ["HARBOUR-1", "harbour-1", "LAKESIDE", "NOWHERE"],
    "scope": ["partnerservices", "ros", "ros offline_access", "des", "offline_access", "openid"],
}
_LEFT_OUT = ("client_assertion", "client_assertion_type")


def drawn_from(published: dict[str, Any], client_id: str, client_secret: str, *, below: str) -> dict[str, Any]:
    """The part of the document whose paths begin like this, its forms sent by this client; who calls is the test's matter."""
    document = copy.deepcopy(published)
    choices = {**_CHOICES, "client_id": [client_id], "client_secret": [client_secret]}
    document["paths"] = {path: methods for path, methods in document["paths"].items() if path.startswith(below)}
    document["components"].pop("securitySchemes")
    for methods in document["paths"].values():
        for operation in methods.values():
            operation.pop("security", None)
            form = operation.get("requestBody", {}).get("content", {}).get("application/x-www-form-urlencoded")
            if form is not None:
                _narrow(form["schema"], choices)
            for parameter in operation["parameters"]:
                if parameter["name"] == "wait":
                    parameter["schema"] = {"enum": [0]}
    return document


def _narrow(form: dict[str, Any], choices: dict[str, list[str]]) -> None:
    form["additionalProperties"] = False
    for name in _LEFT_OUT:
        form["properties"].pop(name, None)
    for name, field in form["properties"].items():
        if name in choices:
            field["enum"] = choices[name]
        else:
            field |= {"minLength": 1, "pattern": "^[ -~]+$"}
    form["required"] = [*form["required"], *(name for name in ("client_id", "client_secret") if name in form["properties"])]
