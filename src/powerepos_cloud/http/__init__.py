"""The hallway: what every request passes before it reaches a door, and what the doors share."""
