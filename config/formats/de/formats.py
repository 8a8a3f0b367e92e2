"""Dates as people write them in German."""

DATE_FORMAT = "j. M Y"
MONTH_DAY_FORMAT = "j. M"
TIME_FORMAT = "H:i"
DATETIME_FORMAT = "j. M Y, H:i"
SHORT_DATE_FORMAT = "D j. M"
SHORT_DATETIME_FORMAT = "j. M, H:i"
