"""The demo: a generated company's last four months, told by calling the same verbs as people do."""
