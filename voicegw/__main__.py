"""`python -m voicegw` is `voicegw`."""

from voicegw.cli import main

if __name__ == "__main__":  # a process that an engine starts for itself reads this file as well
    main()
