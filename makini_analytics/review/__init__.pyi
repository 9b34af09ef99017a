# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._due_date import due_of as due_of
from ._duplicate_kinds import smaller_entries as smaller_entries
from ._evidence import named as named
from ._findings import Review as Review
from ._findings import findings as findings
from ._findings import look as look
from ._kinds import NOTHING as NOTHING
from ._kinds import UNKNOWN as UNKNOWN
from ._on_order import TO_CLOSE as TO_CLOSE
from ._on_order import also_on_order as also_on_order
from ._plot_scorecard import plot_scorecard as plot_scorecard
from ._scorecard import scorecard as scorecard
from ._tiles import Tile as Tile
from ._told import NOTHING_TOLD as NOTHING_TOLD
from ._told import untold_of as untold_of
from ._view import View as View
from ._years import days_in_words as days_in_words
