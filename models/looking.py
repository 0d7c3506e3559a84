"""Looking after another process, and not being able to look.

A look needs a socket of our own. When this process or machine has none left, nothing is known of the other side, and
it must not be called sick, let alone be killed, for what is wrong here.
"""

import errno

import httpx2

OURS = {
    errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS, errno.EADDRNOTAVAIL, errno.EAGAIN, errno.EACCES,
    errno.EPERM,
}  # fmt: skip
"""Errors of the system that say something about this side only."""


def cannot_look(error: BaseException) -> bool:
    """Whether `error` says that the question was never put, so that nothing is known of the one it was meant for."""
    if isinstance(error, httpx2.PoolTimeout):
        return True
    return any(isinstance(cause, OSError) and cause.errno in OURS for cause in _causes(error))


def _causes(error: BaseException) -> list[BaseException]:
    """`error`, what it was raised from, and so on, groups of several attempts included."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is None or any(one is seen for seen in found):
            continue
        found.append(one)
        waiting += [one.__cause__, one.__context__]
        if isinstance(one, BaseExceptionGroup):
            waiting += one.exceptions
    return found
