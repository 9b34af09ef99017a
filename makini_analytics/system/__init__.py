"""Files, progress and templates: a file appears whole or not at all, a bar shows how far the work is, and HTML comes from templates."""

from ._arguments import names_of, number_of, path_of, text_of
from ._files import Workspace, in_the_way, settle, whole
from ._progress import Display, Progress, steps
from ._templates import template

__all__ = [
    "Display",
    "Progress",
    "Workspace",
    "in_the_way",
    "names_of",
    "number_of",
    "path_of",
    "settle",
    "steps",
    "template",
    "text_of",
    "whole",
]
