# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._buffer import buffer as buffer
from ._curve import curve as curve
from ._per_line import per_line as per_line
from ._periods import by_period as by_period
from ._plots import plot_buffer as plot_buffer
from ._plots import plot_by_period as plot_by_period
from ._plots import plot_by_vendor as plot_by_vendor
from ._plots import plot_curve as plot_curve
from ._plots import plot_per_line as plot_per_line
from ._plots import plot_shifts as plot_shifts
from ._receipts import receipts as receipts
from ._recommend import recommend as recommend
from ._shifts import shifts as shifts
from ._vendors import by_vendor as by_vendor
