"""The bands of a replay as bars: the share of good leads, what chance allows, and the average."""

from __future__ import annotations

from dataclasses import dataclass

from feedback.lab.reports import Band

FULL = 200.0


@dataclass(frozen=True)
class RateBar:
    """A bar to a scale of 0 to 100 %; `width` None: too few to draw. `mark` is the average."""

    width: float | None
    low: float
    high: float
    mark: float | None


def band_bars(bands: list[Band]) -> list[tuple[Band, RateBar]]:
    return [(band, _bar(band)) for band in bands]


def _bar(band: Band) -> RateBar:
    low, high = band.good.interval
    mark = None if band.overall.few else _at(band.overall.rate or 0)
    width = None if band.good.few else _at(band.good.rate or 0)
    return RateBar(width, _at(low), _at(high), mark)


def _at(rate: float) -> float:
    return round(FULL * rate, 1)
