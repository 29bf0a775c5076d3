"""PowerEPOS Partner Services for partners. `powerepos.contract` describes the wire."""

__version__ = "0.1.0"
