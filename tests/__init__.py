"""The tests mirror src; `support` holds what they share."""
