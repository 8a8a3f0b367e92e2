"""What people in the demo write to each other."""

RETURNS = {
    "fit": (
        "Nine vehicles and one depot: at that size we cost more than we save.",
        "They run a school, not a fleet. Nothing to plan here.",
        "Far below fifty people; the tariff does not reach down to them.",
    ),
    "authority": (
        "Writes a thesis about route planning. Friendly, but will never buy.",
        "Plans the tours himself; the decision is with his managing director.",
        "Consultant who collects prices for a client he cannot name.",
    ),
    "budget": (
        "Good conversation, no budget this year. Asked me to come back in spring.",
        "The board has stopped all new tools until the new financial year.",
    ),
    "timing": (
        "Bound to the present supplier until March. Wants to talk again in February.",
        "They move depots first. Not before that is done.",
    ),
    "no_response": (
        "Five calls at different times, two mails, no answer.",
        "Never picks up, the colleague at the desk knows of no request.",
    ),
    "bad_data": (
        "The number belongs to a dentist in Kiel.",
        "Mail bounces, the company knows nobody of that name.",
    ),
}

REPLIES = (
    "Thank you. We take this address pattern out of the webinar list.",
    "Understood. On the track with the tender checklist then; we come back after the rest.",
    "Two requests for a price, hence the handover. Would a role in the form help you?",
    "Agreed. I note it for the next version: the size was unknown when we handed over.",
)

NEXT_STEPS = (
    "Call today, ask about the present supplier.",
    "Send the depot calculation first, call tomorrow at ten.",
    "Ask who else decides, then offer a demo.",
    "Call before noon, she starts early.",
)

CONTACTS = (
    "No answer, left a message with the colleague.",
    "Rang through. Trying again tomorrow morning.",
    "In a meeting, asked me to call after lunch.",
)

CONVERSATIONS = (
    "Runs tours in a spreadsheet, loses half a day a week. Wants to see it with own data.",
    "Peak starts in six weeks; dispatch is at its limit. Open to a trial.",
    "Compares us with two others. Price matters less than daily changes.",
    "Friendly talk, knows the problem, has to ask the managing director.",
)

# What the conversation brought, by the item of the checklist that asks for it.
LEARNT = {
    "influence": (
        "Decides, up to 20,000 EUR a year",
        "Recommends; the managing director signs",
        "Leads the project, the board decides",
        "Uses it every day, is asked before anybody signs",
    ),
    "time_frame": (
        "6 weeks, before the peak",
        "This quarter, when the present contract ends",
        "By the end of June",
        "Next budget, from January",
    ),
    "size_known": (
        "35 vehicles, two depots",
        "120 vehicles in four countries",
        "18 vehicles, 60 orders a day",
        "80 drivers, one dispatcher",
    ),
    "next_step": (
        "Demo with own tours on Thursday at ten",
        "Offer by Friday, call on Monday",
        "Meets the managing director with us next week",
        "Trial with one depot from the first of the month",
    ),
}

LOSSES = (
    "Chose another supplier",
    "Project stopped",
    "Price",
    "Stays with the spreadsheet",
)
