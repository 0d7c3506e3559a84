"""Runs a script as a process that does not outlive the gateway: `python -P child.py SCRIPT ARGUMENTS…`.

Every process that an engine starts is started through here, and reads its standard input, which ends when its parent
does. One that cannot read, because it hangs or somebody stopped it, is ended by the kernel where that is Linux. It
imports nothing of ours.
"""

import ctypes
import os
import runpy
import signal
import sys

PR_SET_PDEATHSIG = 1
"""From <linux/prctl.h>: the signal that this process gets when the thread that started it has ended."""


def main() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if os.getppid() == 1:
        sys.exit("the gateway has ended already")
    sys.argv = sys.argv[1:]
    runpy.run_path(sys.argv[0], run_name="__main__")


if __name__ == "__main__":
    main()
