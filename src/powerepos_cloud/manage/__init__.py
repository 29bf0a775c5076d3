"""The `powerepos-admin` command."""
