"""Is written text said as people say it: sets of texts with their accepted readings, and who judges by them."""
