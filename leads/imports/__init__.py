"""Exports of other systems, taken in through the verbs of this app.

`plans.plan` reads file and mapping and decides everything, `runs.run` writes. The kinds of rows
are `lead_rows` and `activity_rows`; higher apps add their own `writers.Writer`.
"""
