"""How written text is said: "$500" is "five hundred dollars". Pure text, one file for each language."""
