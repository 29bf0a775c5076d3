"""Who is who: organisations, partners and clients, connections, service accounts, users, services and assignments."""
