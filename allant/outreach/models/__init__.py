"""The tables of outreach."""

from allant.outreach.models.conversations import Conversation, ConversationTurn
from allant.outreach.models.delivery import (
    DeliveryEvent,
    InboundMessage,
    InboundPerson,
    LetterBatch,
    SendingHold,
    Submission,
    Worker,
)
from allant.outreach.models.messages import Channel, Message, MessageQuerySet, Template

__all__ = [
    "Channel", "Conversation", "ConversationTurn", "DeliveryEvent", "InboundMessage", "InboundPerson", "LetterBatch", "Message",
    "MessageQuerySet", "SendingHold", "Submission", "Template", "Worker",
]  # fmt: skip
