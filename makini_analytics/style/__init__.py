"""What a user sets and takes of all charts: `use` sets a company's look, `save` writes a chart, `table` shows numbers as people
read them, `alt_text` says what a chart shows."""

from .._door import opened as _opened

__getattr__, __dir__, __all__ = _opened(__name__, __file__)
