"""The engine, broken on purpose: what the checker must find. Nothing here is ever part of a service."""
