"""What the merchant reads of the sales that arrived: sums over kept totals, never over sales; no HTTP."""
