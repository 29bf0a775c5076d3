"""One history per database, inside the package so that an installed server finds them (see docs/decisions/0002).

`foundation.database.migrate` runs them; nothing imports them but Alembic, which loads the files by their place.
"""
