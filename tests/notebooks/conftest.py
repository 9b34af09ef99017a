"""`pytest tests/notebooks --write-notebooks` keeps what the notebooks show now; without it, what is kept is compared."""

import pytest


def pytest_addoption(parser):
    parser.addoption("--write-notebooks", action="store_true", help="write the outputs into the notebooks")


@pytest.fixture
def write(request):
    return request.config.getoption("--write-notebooks", default=False)
