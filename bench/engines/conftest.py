"""What every benchmark of an engine may be asked."""

import pytest


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--enforce", action="store_true", help="fail when a target of the benchmark is missed")
