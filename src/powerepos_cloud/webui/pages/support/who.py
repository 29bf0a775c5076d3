"""Which of the staff open which page (contract section 9)."""

AGENT, ADMIN = "agent", "admin"
BOTH = (AGENT, ADMIN)
