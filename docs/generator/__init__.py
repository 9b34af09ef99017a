"""What the site generates from the package at build time: the gallery, a page per figure, the reference, the data dictionary."""
