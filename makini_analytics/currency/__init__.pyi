# What this door shows, to type checkers and editors, and to lazy_loader, which loads each name when it is first used.
from ._convert import convert as convert
from ._rates import ecb_rates as ecb_rates
from ._rates import table_from_api as table_from_api
