"""The lab: what came of the leads that a version would have handed over."""
