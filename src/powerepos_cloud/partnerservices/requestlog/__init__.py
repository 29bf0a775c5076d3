"""The request log: what a partner did here and what came of it, for the partner, the merchant and support."""
