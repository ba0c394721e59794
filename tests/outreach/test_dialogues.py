"""AV-15: dialogues by SMS: the files, the engine, and a conversation through the centre."""

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from allant.outreach.actions import load_templates
from allant.outreach.dialogues import document
from allant.outreach.dialogues.actions import CannotTalk, silences, start
from allant.outreach.dialogues.engine import Standing, answered, begin, silent
from allant.outreach.dialogues.model import BadDialogue, read, shelf
from allant.outreach.models import Conversation, InboundMessage, Message
from tests.outreach.centre import AT, drain, number, people, sender

CASES = yaml.safe_load((Path(__file__).parent / "dialogues.yaml").read_text())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case['dialogue']}:{case['answers']}")
def test_av_15_what_comes_of_answers(case):
    dialogue = shelf().last(case["dialogue"])
    move = begin(dialogue)
    understood = []
    for text in case["answers"]:
        assert not move.ended
        standing = Standing(move.standing.step, move.standing.misunderstood)
        move = silent(dialogue, standing) if text is None else answered(dialogue, standing, text)
        understood.append(move.understood_as)
    assert (move.ended, move.hands_over, understood) == (case["ends"], case.get("agent", False), case["understood"])


def test_av_15_every_ending_of_every_dialogue_is_in_the_table():
    shown = {(case["dialogue"], case["ends"]) for case in CASES}
    assert {(each.dialogue, step.ends) for each in shelf().all.values() for step in each.steps.values() if step.ends} <= shown


GOOD = """
dialogue: essai
version: 1
title: Essai
source: "assumption: essai"
start: one
steps:
  one:
    ask: Oui ou non ?
    answers: [{code: "yes", words: [oui], next: end}]
    silence: {hours: 1, next: end}
    misunderstood: {say: Pardon, most: 1, next: end}
  end: {say: Merci., ends: done}
"""


@pytest.mark.parametrize(("change", "message"), [
    (("next: end}]", "next: nowhere}]"), "mène à « nowhere », qui n'existe pas"),
    (("start: one", "start: zero"), "la première étape, « zero », n'existe pas"),
    (("  end: {say", "  lost: {ends: lost}\n  end: {say"), "« lost » n'est jamais atteinte"),
    (("    silence: {hours: 1, next: end}\n", ""), "ce qui suit le silence"),
    (("    misunderstood: {say: Pardon, most: 1, next: end}\n", ""), "ce qui suit une réponse incomprise"),
    (("[{code: \"yes\", words: [oui], next: end}]", "[]"), "des réponses"),
    (("ends: done", "ends: ''"), "une fin"),
    (("next: end", "next: one"), "tournerait en rond"),
    (("words: [oui]", "words: [oui, OUI]"), "le mot « oui » dit deux réponses"),
    (("words: [oui]", "words: ['!']"), "un mot vide"),
    (("Merci.", "M" * 700), "dépasse 3 SMS"),
    (("version: 1", "version: un"), "version"),
    (("title:", "titel:"), "titel"),
])  # fmt: skip
def test_av_15_a_file_that_could_leave_somebody_without_an_answer_is_refused(change, message):
    assert read(GOOD, "essai.yaml").start == "one"
    assert change[0] in GOOD
    with pytest.raises(BadDialogue, match=message):
        read(GOOD.replace(*change), "essai.yaml")


@pytest.mark.django_db
def test_av_15_a_conversation_through_the_centre(centre):
    load_templates(by="test")
    people(1)
    conversation = start("flu-reminder", person_id=1, cause_kind="test", cause_id=1, at=AT)
    assert start("flu-reminder", person_id=1, cause_kind="test", cause_id=1, at=AT) == conversation
    sending = sender(centre.route())
    drain(sending)
    for text in ("heu", "2", "non"):
        centre.typed(number(1), text)
        drain(sending)
    conversation.refresh_from_db()
    assert (conversation.outcome, conversation.closed_at, conversation.due_at) == ("handed_over", AT, None)
    heard = "".join(each["text"] for each in centre.taken())
    for said in ("Assurance Maladie : votre vacc", "Nous n'avons pas", "Vous pouvez aller", "va vous rappeler"):
        assert said in heard
    assert list(conversation.turns.exclude(inbound=None).values_list("step", "understood_as")) == [
        ("offer", "?"), ("offer", "help"), ("how", "call_me"),
    ]  # fmt: skip
    (to_handle,) = InboundMessage.objects.filter(handled_at=None)
    assert (to_handle.text, to_handle.kind, to_handle.persons.get().confirmed) == ("non", "dialogue", True)
    # A dialogue that is over answers nothing more: words go to an agent.
    centre.typed(number(1), "1")
    drain(sending)
    assert InboundMessage.objects.filter(kind="reply", handled_at=None).count() == 1


@pytest.mark.django_db
def test_av_15_a_stop_ends_a_dialogue(centre):
    load_templates(by="test")
    people(1)
    conversation = start("flu-reminder", person_id=1, cause_kind="test", cause_id=1, at=AT)
    sending = sender(centre.route())
    drain(sending)
    centre.typed(number(1), "STOP")
    drain(sending)
    conversation.refresh_from_db()
    assert (conversation.outcome, conversation.closed_at) == ("stop", AT)


@pytest.mark.django_db
def test_av_15_silence_is_counted_from_the_sending_and_then_goes_on(centre):
    load_templates(by="test")
    people(1)
    conversation = start("isolation-follow-up", person_id=1, cause_kind="test", cause_id=1, at=AT)
    assert silences(AT + timedelta(hours=23)) == 0
    assert silences(AT + timedelta(hours=25)) == 0  # not sent yet: asked again later
    Conversation.objects.update(due_at=AT)
    drain(sender(centre.route()))
    assert silences(AT + timedelta(hours=23)) == 0
    assert silences(AT + timedelta(hours=24)) == 1
    conversation.refresh_from_db()
    assert conversation.step == "again"
    drain(sender(centre.route(), at=AT + timedelta(hours=24)))
    assert silences(AT + timedelta(hours=48)) == 1
    conversation.refresh_from_db()
    assert conversation.outcome == "no_answer"
    assert InboundMessage.objects.get(handled_at=None).text == ""


@pytest.mark.django_db
def test_av_15_a_question_that_cannot_arrive_closes_the_dialogue():
    people(1)
    conversation = start("flu-reminder", person_id=1, cause_kind="test", cause_id=1, at=AT)
    Message.objects.update(status="failed")
    assert silences(AT + timedelta(days=4)) == 1
    conversation.refresh_from_db()
    assert conversation.outcome == "unreachable"


@pytest.mark.django_db
def test_av_15_one_dialogue_at_a_time_at_a_number():
    people(2)
    start("flu-reminder", person_id=1, cause_kind="test", cause_id=1, at=AT)
    with pytest.raises(CannotTalk, match="déjà en cours"):
        start("isolation-follow-up", person_id=1, cause_kind="test", cause_id=2, at=AT)
    with pytest.raises(BadDialogue, match="Dialogue inconnu"):
        start("nothing", person_id=2, cause_kind="test", cause_id=3, at=AT)


def test_av_15_the_reference_page_is_up_to_date():
    page = Path("docs/reference/dialogues.md")
    assert page.read_text() == document.page(CASES), "Lancez : python -m tests.outreach.dialogues_page"
