"""AuthServer, Partner Services and WebUI of PowerEPOS."""
