"""A Makini on this machine, and the made-up orders that it serves."""

from ._sample import load_sample
from ._server import Sandbox, sandbox

__all__ = ["Sandbox", "load_sample", "sandbox"]
