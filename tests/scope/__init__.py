"""Which lines count: seen from which day, of which connection, and whether their days are known at all."""
