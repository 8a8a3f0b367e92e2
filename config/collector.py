"""Python's collector of garbage, in processes that answer people."""

from __future__ import annotations

import gc
from importlib import import_module

from django.conf import settings


def spare_what_is_loaded() -> None:
    """Load the code that answers, and let the collector pass over it from now on: it stays. To walk
    it all again stops a page for more than a tenth of a second."""
    import_module(settings.ROOT_URLCONF)
    gc.collect()
    gc.freeze()
