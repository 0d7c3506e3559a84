"""How a client's script tells what happened: a line of JSON for each scenario. The standard library only, because it is
used in the clients' own environments."""

import json
import traceback
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Report:
    def __init__(self, client: str, version: str) -> None:
        self._client = client
        self._version = version

    @asynccontextmanager
    async def scenario(self, name: str) -> AsyncIterator[None]:
        try:
            yield
        except Exception as problem:  # whatever it is, it is this scenario's result
            last = traceback.extract_tb(problem.__traceback__)[-1]
            result = f"{type(problem).__name__}: {problem} ({last.name}:{last.lineno}: {last.line})"
            tell(self._client, self._version, name, result)
        else:
            tell(self._client, self._version, name, "ok")


def tell(client: str, version: str, scenario: str, result: str) -> None:
    told = {"client": client, "version": version, "scenario": scenario, "result": result}
    print(json.dumps(told), flush=True)  # noqa: T201 - this is how it is told
