"""Drafts the next revision of a database's history from its tables, to be read and finished by a person.

python scripts/draft_migration.py directory "clients have logos"
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import get_args

from alembic.autogenerate import produce_migrations, render_python_code
from alembic.operations.ops import UpgradeOps
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine

from powerepos_cloud.foundation.database.migrate import History, alembic_config, upgrade
from powerepos_cloud.migrations.metadata import METADATA

_TEMPLATE = '''"""{title}"""

import sqlalchemy as sa
from alembic import op

revision = "{revision}"
down_revision = {previous!r}


def upgrade() -> None:
    """Alembic calls this inside the transaction of `foundation.database.migrate`."""
    {body}
'''


def main(which: History, title: str) -> Path:
    """Write the draft; its path. Exits if the tables already are what the history makes of them."""
    scripts = ScriptDirectory.from_config(alembic_config(which))
    previous = scripts.get_current_head()
    number = 1 if previous is None else int(previous.rpartition("_")[2]) + 1
    body = render_python_code(_changes(which, migrated=previous is not None), render_as_batch=number > 1)
    if body.strip() in ("pass", ""):
        sys.exit(f"the {which} database's tables are what its history makes of them: nothing to draft")
    words = "_".join(re.findall(r"[a-z0-9]+", title.lower()))
    path = Path(scripts.versions) / f"{number:04}_{words}.py"
    path.write_text(
        _TEMPLATE.format(
            title=title[0].upper() + title[1:].rstrip(".") + ".",
            revision=f"{which}_{number:04}",
            previous=previous,
            body=re.sub(r"^ *# ###.*$|^ *info=.*\n", "", body, flags=re.MULTILINE).strip(),
        )
    )
    for arguments in (["format", "--quiet"], ["check", "--fix", "--quiet"]):
        subprocess.run([sys.executable, "-m", "ruff", *arguments, str(path)], check=True)
    return path


def _changes(which: History, *, migrated: bool) -> UpgradeOps:
    """What the newest revision's tables lack, as seen on a scratch SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/scratch.db"
        if migrated:
            upgrade(url, which)
        engine = create_engine(url)
        try:
            with engine.connect() as connection:
                context = MigrationContext.configure(connection, opts={"render_as_batch": True})
                changes = produce_migrations(context, METADATA[which]).upgrade_ops
        finally:
            engine.dispose()
    assert changes is not None
    return changes


if __name__ == "__main__":
    if len(sys.argv) != 3 or sys.argv[1] not in get_args(History):
        sys.exit(__doc__)
    print(main(sys.argv[1], sys.argv[2]))  # type: ignore[arg-type]
