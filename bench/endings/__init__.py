"""How well the words alone tell whether a turn is complete: sentences and fragments in several languages."""
