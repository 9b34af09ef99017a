"""What a user sets and takes of all charts: `use` sets a company's look, `save` writes a chart, `table` shows numbers as people
read them, `alt_text` says what a chart shows."""

import lazy_loader as _lazy

__getattr__, __dir__, __all__ = _lazy.attach_stub(__name__, __file__)
