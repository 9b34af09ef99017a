"""`pytest tests/notebooks --write-notebooks` keeps what the notebooks show now; without it, what is kept is compared."""

import sys

import pytest

# What reads notebooks checks international addresses by it, of which they have none, and it compiles a grammar for three seconds.
sys.modules.setdefault("rfc3987_syntax", None)


def pytest_addoption(parser):
    parser.addoption("--write-notebooks", action="store_true", help="write the outputs into the notebooks")


@pytest.fixture
def write(request):
    return request.config.getoption("--write-notebooks", default=False)
