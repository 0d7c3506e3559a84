"""`python -m voicegw` is `voicegw`."""

from voicegw.cli import main

main()
