# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._compare import compare as compare
from ._plots import plot_compare as plot_compare
from ._plots import plot_sensitivity as plot_sensitivity
from ._sensitivity import sensitivity as sensitivity
