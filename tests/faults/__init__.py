"""What must hold when processes die."""
