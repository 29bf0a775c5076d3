"""The remote order server's front door: a service of its own, with its own instance and scope."""
