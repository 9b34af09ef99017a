# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._coverage import coverage as coverage
from ._duplicates import duplicates as duplicates
from ._plots import plot_coverage as plot_coverage
from ._plots import plot_duplicates as plot_duplicates
from ._plots import plot_reconcile as plot_reconcile
from ._reconcile import reconcile as reconcile
from ._rename import rename_vendors as rename_vendors
