"""The one number behind every 95 % interval in this package."""

from __future__ import annotations

#: The 97.5 % point of the standard normal distribution: 95 % lie between -Z and Z. Written out, so that scipy is not needed.
Z = 1.959963984540054
