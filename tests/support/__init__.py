"""What the tests share: databases, a PostgreSQL cluster, a clock that stands still."""
