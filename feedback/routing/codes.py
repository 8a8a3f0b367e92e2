"""The codes that steps keep: how a handoff found who it belongs to, and why others did not get
it."""

KEEP_OWNER = "keep_owner"
COMPANY_OWNER = "company_owner"
SAME_REP = "same_rep"
ASKED_BACK = "asked_back"
ROUND_ROBIN = "round_robin"
TURN_OWED = "turn_owed"
LEAST_LOADED = "least_loaded"
FIRST_TO_TAKE = "first_to_take"
BY_HAND = "by_hand"
GIVEN_BACK = "given_back"
NOBODY = "nobody"
WAITS = "waits"
# Such an assignment used up a turn, or one that was owed.
TURNS = (ROUND_ROBIN, TURN_OWED)

NOT_IN_POOL = "not_in_pool"
INACTIVE = "inactive"
OFF_DUTY = "off_duty"
ABSENT = "absent"
AFTER_HOURS = "after_hours"
NO_ROOM = "no_room"
DAY_FULL = "day_full"
RETURNED_IT = "returned_it"
TAKEN_BACK = "taken_back"
PASSED_ON = "passed_on"
