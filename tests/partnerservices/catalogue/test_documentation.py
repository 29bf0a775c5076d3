"""The how-to's files are ones that an import takes, and it names every column."""

import re
from pathlib import Path

import pytest

from powerepos_cloud.partnerservices.catalogue.columns import COLUMNS
from powerepos_cloud.partnerservices.catalogue.rules import Kind
from tests.partnerservices.catalogue.shop import Shop

TEXT = (Path(__file__).parents[3] / "docs" / "how-to" / "catalogue.md").read_text()
SECTIONS = {kind: re.findall(rf"^\*\*{kind}\*\*: (.*?)\n```csv\n(.*?)```", TEXT, re.DOTALL | re.MULTILINE) for kind in Kind}


async def test_the_examples_are_imported_in_the_order_of_the_page(shop: Shop) -> None:
    assert re.findall(r"--kind (\S+) +\S+\.csv$", TEXT, re.MULTILINE)[:4] == list(Kind)
    for kind in Kind:
        ((_, example),) = SECTIONS[kind]
        plan, problems = await shop.load(kind, example)
        assert problems == []
        assert len(plan.created) == example.count("\n") - 1


@pytest.mark.parametrize("kind", Kind)
def test_every_column_is_named(kind: Kind) -> None:
    ((words, _),) = SECTIONS[kind]
    named = set(re.findall(r"`(\w+)`", words))
    levels = {column.name for column in COLUMNS[kind] if re.match(r"tax[1-4]", column.name)} - {"tax1Name", "tax1Rate"}
    assert {column.name for column in COLUMNS[kind]} - named <= levels - {"tax1Kind", "tax4Kind"}
