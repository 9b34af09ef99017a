"""The machine around: files that appear whole or not at all, and the progress bar."""

from __future__ import annotations

from ._files import whole
from ._progress import Display, Progress, steps

__all__ = ["Display", "Progress", "steps", "whole"]
