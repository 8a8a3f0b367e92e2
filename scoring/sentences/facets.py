"""What is said of each part of a body, one word or figure at a time: the ground of comparisons."""

from __future__ import annotations

from django.utils.translation import gettext as _

from leads.models import Side
from scoring.conditions import Condition, Vocabulary, read, repeating
from scoring.documents import GROUPS, Body, ConditionJSON, ItemJSON, text
from scoring.journeys import RETURN_ORDER, StageJSON, stage, stages_of_kind
from scoring.sentences import phrases, values
from scoring.sentences.kinds import HAPPENS

LETTERS, DIGITS = "ABC", "123"

# Words by what they are about; under "" stands how the thing is called.
Facets = dict[str, str]


def silent() -> Facets:
    """What holds where nothing is said, by what it is about."""
    return {
        _("rests"): _("no rest"),
        _("track"): _("no track"),
        _("what the lead did before"): _("still counts"),
        _("handed over again"): _("to the lead’s owner, else to the pool"),
        _("at most"): _("no limit"),
        _("with age"): _("in full"),
        _("warning"): _("no warning"),
        _("a breach is told to"): str(values.ESCALATIONS["lead"]),
        _("a breach is told further"): _("to nobody else"),
        _("after a breach the lead"): _("stays with who has it"),
        _("may be paused"): _("never"),
        _("ticked already"): _("never"),
        _("Handoffs a month"): _("nothing promised"),
        _("Quality of the handoffs"): _("nothing promised"),
        _("Takes effect"): _("as soon as both have signed"),
        _("Trial until"): _("no trial"),
        _("Grades of fit"): _("quarters of what can be reached"),
        _("Grades of engagement"): _("quarters of what can be reached"),
    }


class Speaker:
    """Says the parts of one body, with its personas and stage names; stages that `names`, another
    body, has too are called as they are called there."""

    def __init__(self, body: Body, vocabulary: Vocabulary, *, names: Body | None = None) -> None:
        self.body = body
        self.names = names or body
        self.vocabulary = vocabulary.including(body)

    def about(self, part: ItemJSON) -> Facets:
        return {
            _("Title"): text(part["title"]),
            _("Summary"): text(part["summary"]),
            _("Note"): text(part["note"]),
        }

    def field(self, part: ItemJSON) -> Facets:
        return {
            "": text(part["label"]),
            _("purpose"): text(part["purpose"]),
            _("kind"): str(values.FIELD_TYPES[part["type"]]),
            _("choices"): ", ".join(part.get("choices") or []),
        }

    def stage(self, part: StageJSON) -> Facets:
        return {
            "": text(part["name"]),
            _("meaning"): text(part["meaning"]),
            _("team"): str(Side(part["side"]).label),
            _("what happens there"): str(HAPPENS[part["kind"]]),
            _("arrows to"): ", ".join(self._name(key) for key in part["next"]),
        }

    def move(self, part: ItemJSON) -> Facets:
        old, new = self.vocabulary.stage(part["key"]), self.vocabulary.stage(part["to"])
        return {"": _("Leads in “%(stage)s”") % {"stage": old}, _("go to"): new}

    def criterion(self, part: ItemJSON, stage: str) -> Facets:
        if part["when"].get("op") == "score_at_least" and not part["label"]:
            # The bar: a number that is raised and lowered, with a name of its own.
            which = values.SCORES[part["when"].get("which", "total")]
            return {
                "": _("%(score)s to become %(stage)s") % {"score": which, "stage": stage},
                _("at least"): str(part["when"]["value"]),
                _("group"): str(values.GROUPS[part["group"]]),
            }
        return self._labelled(part, self.words(part["when"])) | {
            _("group"): str(values.GROUPS[part["group"]])
        }

    def persona(self, part: ItemJSON) -> Facets:
        return {"": text(part["name"]), _("who"): self.words(part["when"])}

    def rule(self, part: ItemJSON) -> Facets:
        halving = part.get("halving")
        return self._labelled(part, self.meant(part)) | {
            _("points"): values.points(part["points"]),
            _("at most"): "" if part["cap"] is None else str(part["cap"]),
            _("counts"): values.often(part),
            _("with age"): values.ages(halving) if halving else "",
            _("group"): str(values.GROUPS[part["group"]]),
        }

    def limits(self, part: ItemJSON) -> Facets:
        said = {}
        for group in GROUPS:
            cap, floor = part["caps"][group], part["floors"][group]
            name = {"group": values.GROUPS[group]}
            no = _("no limit")
            said[_("Cap of %(group)s") % name] = no if cap is None else str(cap)
            said[_("Floor of %(group)s") % name] = no if floor is None else values.points(floor)
        return said | {
            _("Floor of the score"): values.points(part["floor"]),
            _("Grades of fit"): values.bars(LETTERS, part["grades"].get("fit")),
            _("Grades of engagement"): values.bars(DIGITS, part["grades"].get("engagement")),
        }

    def clock(self, part: ItemJSON) -> Facets:
        percent = part.get("warn_at")
        return {
            "": str(values.CLOCKS[part["key"]]),
            _("within"): values.duration(part["minutes"]),
            **dict(phrases.terms(part, self.words)),
            _("warning"): _("at %(n)s %%") % {"n": percent} if percent else "",
            _("a breach is told to"): phrases.escalation(part),
            _("a breach is told further"): ", ".join(phrases.chain(part)),
            _("after a breach the lead"): phrases.taken_back(part),
            _("may be paused"): phrases.pause(part),
            _("team"): str(Side(part["side"]).label),
        }

    def term(self, part: ItemJSON) -> Facets:
        return {"": phrases.term(part, self.words)}

    def supply(self, part: ItemJSON) -> Facets:
        return {
            _("Handoffs a month"): str(part.get("handoffs", "")),
            _("Quality of the handoffs"): "; ".join(phrases.quality(part)),
        }

    def watches(self, part: ItemJSON) -> Facets:
        return {
            _("What %(side)s watches") % {"side": Side(side).label}: phrases.watched(
                part.get(side) or []
            )
            for side in ("marketing", "sales")
        }

    def check(self, part: ItemJSON) -> Facets:
        return {
            "": text(part["label"]),
            _("asks for"): phrases.asked(part),
            _("ticked already"): phrases.ticked(part, self.words),
        }

    def reason(self, part: ItemJSON) -> Facets:
        return {
            "": text(part["label"]),
            _("then"): self._place(part),
            _("rests"): values.days(part["rest_days"]) if part["rest_days"] else "",
            _("track"): phrases.track(part),
            _("what the lead did before"): _("counts no more") if part.get("resets") else "",
            _("handed over again"): phrases.back_to(part),
            _("advice"): text(part["advice"]),
            _("group"): str(values.REASON_GROUPS[part["group"]]),
        }

    def goal(self, part: ItemJSON) -> Facets:
        return {
            "": text(part["label"]),
            _("target"): phrases.target(part),
            _("measured by"): str(values.METRICS[part["metric"]]) if part.get("metric") else "",
            _("in words"): text(part["target"]) if part.get("metric") else "",
            _("counter-metric"): phrases.counter(part),
        }

    def words(self, when: ConditionJSON) -> str:
        """The condition as a sentence."""
        return self._read(when).words()

    def meant(self, rule: ItemJSON) -> str:
        """What a rule gives its points for, and how often, as a sentence."""
        halving = tuple(rule.get("halving") or ())
        when = self._read(rule["when"])
        return repeating.words(when, rule["times"], rule.get("days"), halving)

    def _read(self, when: ConditionJSON) -> Condition:
        return read(when, vocabulary=self.vocabulary, personas=self.body["personas"])

    def _labelled(self, part: ItemJSON, words: str) -> Facets:
        label = text(part["label"])
        return {"": label, _("condition"): words} if label else {"": words}

    def _name(self, key: str) -> str:
        found = stage(self.names, key) or stage(self.body, key)
        return text(found["name"]) if found else key

    def _place(self, reason: ItemJSON) -> str:
        """The name of the stage a return leads to: the one it names, else the first of its kind."""
        if "to" in reason:
            return self._name(reason["to"])
        for kind in RETURN_ORDER[reason["then"]]:
            for key in stages_of_kind(self.body, kind):
                return self._name(key)
        return self._name(self.body["stages"][0]["key"])
