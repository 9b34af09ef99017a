"""What every room may need: checks of arguments and options, names that may be meant, files whole or not at all, the progress bar, HTML templates, threads, garbage, warnings."""

from ._arguments import flag_of, folder_of, mapping_of, names_of, number_of, path_of, text_of, texts_of
from ._files import in_the_way, not_writable, scratch, settle, whole
from ._garbage import without_search
from ._near import near
from ._options import check_options, known_options, options_of
from ._progress import Display, Progress, steps
from ._templates import template
from ._threads import beside, cached_property
from ._warn import warn

__all__ = [
    "Display",
    "Progress",
    "beside",
    "cached_property",
    "check_options",
    "flag_of",
    "folder_of",
    "in_the_way",
    "known_options",
    "mapping_of",
    "names_of",
    "near",
    "not_writable",
    "number_of",
    "options_of",
    "path_of",
    "scratch",
    "settle",
    "steps",
    "template",
    "text_of",
    "texts_of",
    "warn",
    "whole",
    "without_search",
]
