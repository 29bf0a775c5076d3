"""What the errors of Partner Services mean, one page each."""
