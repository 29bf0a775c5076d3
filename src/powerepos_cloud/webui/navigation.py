"""What stands in the navigation of signed-in pages. Each group of pages names its own links; this puts them in order."""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import msgspec
from litestar.types import ControllerRouterHandler

if TYPE_CHECKING:
    from powerepos_cloud.webui.frame import Frame
    from powerepos_cloud.webui.session import Viewer

ORGANISATION, PARTNER, SUPPORT = "organisation", "partner", "support"
SECTIONS = {
    ORGANISATION: ("Trading", "Access", "Set-up"),
    PARTNER: ("Build", "Watch", "Company"),
    SUPPORT: ("Work", "Records"),
}
"""The sections of each audience's navigation, in order."""


class Link(msgspec.Struct, frozen=True):
    """An entry of the navigation: shown to these roles of this audience, in this section, by `order`.

    `icon` names a shape of `macros.html`. The first entry that a person may see is where they land after signing in.
    """

    audience: str
    section: str
    label: str
    path: str
    icon: str
    roles: tuple[str, ...]
    order: int = 50
    view_as: bool = True
    """Whether support sees it, too, while it views as the organisation."""


class PageGroup(msgspec.Struct, frozen=True):
    """Pages that belong together: their handlers, and their entries of the navigation."""

    build: "Callable[[Frame], list[ControllerRouterHandler]]"
    links: tuple[Link, ...] = ()


class Shown(msgspec.Struct, frozen=True):
    """An entry as one page shows it."""

    label: str
    path: str
    icon: str
    current: str | None
    """`page` on the page itself, `true` on those below it."""


class Navigation:
    """All entries, by audience and section."""

    def __init__(self, groups: Sequence[PageGroup]) -> None:
        self._links = sorted((link for group in groups for link in group.links), key=lambda link: link.order)

    def of(self, viewer: "Viewer", path: str) -> dict[str, list[Shown]]:
        """Section → entries that this person may open where they are at work; empty sections are left out."""
        place = viewer.place
        if place is None:
            return {}
        mine = [link for link in self._links if link.audience == place.audience and self._may_see(viewer, link)]
        sections = {name: [_shown(link, path) for link in mine if link.section == name] for name in SECTIONS[place.audience]}
        return {name: links for name, links in sections.items() if links}

    def landing(self, viewer: "Viewer") -> str:
        """Where a person begins: the first entry, else the account."""
        for links in self.of(viewer, "").values():
            return links[0].path
        return "/account"

    @staticmethod
    def _may_see(viewer: "Viewer", link: Link) -> bool:
        if viewer.view is not None:
            return link.view_as
        return viewer.role in link.roles


def _shown(link: Link, path: str) -> Shown:
    current = "page" if path == link.path else "true" if path.startswith(link.path + "/") else None
    return Shown(link.label, link.path, link.icon, current)
