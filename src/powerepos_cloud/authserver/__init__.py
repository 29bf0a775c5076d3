"""The authorization server, cut by endpoint and RFC: token, revocation, introspection, metadata, keys, the feed."""
