# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._look import Look as Look
from ._look import look as look
from ._look import use as use
from ._save import alt_text as alt_text
from ._save import save as save
from ._table import table as table
