"""What every room stands on and no business word enters: clock, databases, IDs, secrets, texts, refusals."""
