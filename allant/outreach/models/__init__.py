"""The tables of outreach."""

from allant.outreach.models.account import AccountMessage
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
from allant.outreach.models.messages import SUSPENDED, Channel, Message, MessageQuerySet, Template
from allant.outreach.models.sms import EarlyReceipt, InboundPart, RouteBudget

__all__ = [
    "SUSPENDED", "AccountMessage", "Channel", "Conversation", "ConversationTurn", "DeliveryEvent", "EarlyReceipt",
    "InboundMessage", "InboundPart", "InboundPerson", "LetterBatch", "Message", "MessageQuerySet", "RouteBudget",
    "SendingHold", "Submission", "Template", "Worker",
]  # fmt: skip
