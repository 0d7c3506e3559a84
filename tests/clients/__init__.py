"""Clients that nobody here wrote, each in its own environment, against a gateway on a real socket."""
