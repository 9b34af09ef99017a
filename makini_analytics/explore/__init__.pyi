# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._rooms import lead_times as lead_times
from ._rooms import slippage as slippage
from ._rooms import spend as spend
