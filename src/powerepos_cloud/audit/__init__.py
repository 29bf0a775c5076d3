"""One table shape and one writer, used in both databases: each row stands in its deed's own transaction."""
