"""Files that the tests of reading write."""

from __future__ import annotations

import pytest


@pytest.fixture
def written(tmp_path):
    """Writes a text or bytes and returns the path."""

    def write(content, name="list.csv", encoding="utf-8"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode(encoding))
        return path

    return write
