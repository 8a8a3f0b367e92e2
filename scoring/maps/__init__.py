"""The agreement's journey as a drawing: stages in two lanes, arrows between them, labels.

`of(body)` reads a body; `draw(stages, …)` takes plain stages. Both give frozen dataclasses with
every coordinate in them, in pixels: templates/maps/_map.html only writes them down. Places are
chosen by rule (places), arrows find their way on a grid around boxes and each other (routes),
labels take the nearest clear spot (labels).
"""

from scoring.maps.drawing import Arrow, Box, Map, Picture, draw
from scoring.maps.readings import of

__all__ = ["Arrow", "Box", "Map", "Picture", "draw", "of"]
