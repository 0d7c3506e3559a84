"""How well turns are taken: a corpus made by code, the real call in virtual time, and what came of it."""
