"""Prices, open orders and the lead time to plan with, worked out a second time in the words of polars."""

from tests.benchmarks import figure_peers


def test_polars_gives_the_same_to_the_last_column():
    assert set(figure_peers.measure(5_000, 0)) == set(figure_peers.OURS)
