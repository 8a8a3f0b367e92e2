"""Settings of the web server that browsers of tests ask: a window keeps scripts and sheets, as it
does in production."""

from config.settings import *  # noqa: F403

WHITENOISE_MAX_AGE = 3600
