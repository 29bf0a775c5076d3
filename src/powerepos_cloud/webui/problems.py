"""Pages that say what cannot be done: what happened, what it means for the data, what to do."""

from collections.abc import Sequence

import msgspec

from powerepos_cloud.foundation.refusals import Conflict, Invalid
from powerepos_cloud.webui.session import Place


class Problem(msgspec.Struct, frozen=True):
    """What a page says instead of what was asked for; `places` are where the person can switch to."""

    status: int
    title: str
    text: str
    places: tuple[Place, ...] = ()


NOT_FOUND = Problem(
    404,
    "This page is not here",
    "The address may be mistyped, what it showed may be gone, or it belongs to somebody else. Nothing was changed.",
)
LINK_OVER = Problem(
    404,
    "This link is over",
    "It was used already, its time has passed, or it was not copied whole. Nothing was changed. Ask for another: for a new "
    "password on the page where you sign in, else whoever invited you.",
)
FOREIGN_FORM = Problem(
    403,
    "This form was not sent from here",
    "Your browser did not say that the form came from this site, so nothing was changed. Open the page here and send it again.",
)
STALE_FORM = Problem(
    403,
    "This form is from another session",
    "You signed in again, or switched to another organisation, after it was opened. Nothing was changed. "
    "Go back, reload the page and send it again.",
)
UNREADABLE = Problem(
    400,
    "This form cannot be read",
    "It was not understood as it was sent. Nothing was changed. Open the page anew and try again.",
)
READING_ONLY = Problem(
    403, "You are viewing only", "While you view as an organisation you can read, and change nothing. Stop viewing first."
)
NO_INSTANCE = Problem(
    503,
    "Your records cannot be opened from here",
    "This installation does not reach the place where your organisation’s records lie. They are safe, and your integrations "
    "go on. Tell PowerEPOS support.",
)
BUSY = Problem(503, "Too many people are signing in just now", "Nothing is locked. Try again in a moment.")


def role_lacks(roles: Sequence[str]) -> Problem:
    """Signed in at the right place, in a role that does not cover this."""
    which = " or ".join(roles)
    return Problem(403, "Your role does not cover this", f"It takes the role {which}. Ask an owner. Nothing was changed.")


def elsewhere(places: Sequence[Place]) -> Problem:
    """The page is one of another place, where this person works, too."""
    text = "You are signed in, but at work somewhere else. Switch, then open the page again. Nothing was changed."
    return Problem(403, "This page is for another place", text, tuple(places))


def refused(refusal: Conflict | Invalid) -> Problem:
    """What a room did not do, in its own words."""
    text = str(refusal)
    status = 409 if isinstance(refusal, Conflict) else 400
    return Problem(status, "That was not done", f"{text[:1].upper()}{text[1:]} Nothing was changed.")
