"""Room on Python's stack for a whole answer."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse

Answer = Callable[[HttpRequest], HttpResponse]
# In words of 8 bytes: half of a chunk of 512 kB, the other half is for whatever is called.
ROOM = 2**15


def roomy(get_response: Answer) -> Answer:
    """Middleware below which calls may nest deep without cost.

    CPython keeps its frames in chunks of 16 kB, and asks the system for the next chunk and gives it
    back each time calls cross the end of one. Templates nest so deep that some loop stands on such
    an end: a page then takes up to half as long again. A frame that asks for more than is left gets
    a chunk of its own size, and a whole answer fits into the rest of it.
    """

    def answer(request: HttpRequest) -> HttpResponse:
        return get_response(request)

    answer.__code__ = answer.__code__.replace(co_stacksize=ROOM)
    return answer
