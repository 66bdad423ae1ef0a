"""Which event concerns which thread, and which rule tells it in which words."""

from typing import Final

from aftersales.contracts.dispute import CommandRefused, DisputeStep
from aftersales.contracts.marketplace import PartyChanged
from aftersales.contracts.tracking import ParcelEvent
from aftersales.decision import SubjectRef, TimerFired
from aftersales.service import On, OnTimer, Service
from notification.domain.commands import NoticeCommand, NoticeDelivered, NoticeGivenUp, NoticeOpened
from notification.domain.refs import party_ref, thread_ref
from notification.domain.thread import Thread
from notification.rules import delivery
from notification.rules.parcels import tell_parcel
from notification.rules.parties import know_party
from notification.rules.reminders import remind
from notification.rules.steps import REMINDER, tell_refusal, tell_step
from notification.store.kinds import PARTIES, THREADS
from notification.wording.disputes import STEPS, refused, step_words
from notification.wording.parcels import PARCELS, parcel_words
from notification.wording.tasks import reminder

Speech = DisputeStep | CommandRefused | ParcelEvent | NoticeCommand


def _thread(event: Speech) -> tuple[SubjectRef, ...]:
    return (thread_ref(event.order),)


def _party(event: PartyChanged) -> tuple[SubjectRef, ...]:
    return (party_ref(event.party),)


def _both(_state: Thread | None, event: DisputeStep) -> tuple[SubjectRef, ...]:
    return tuple(dict.fromkeys((party_ref(event.buyer), party_ref(event.seller))))


def _buyer(_state: Thread | None, event: ParcelEvent) -> tuple[SubjectRef, ...]:
    return (party_ref(event.buyer),)


def _speaker(_state: Thread | None, event: CommandRefused) -> tuple[SubjectRef, ...]:
    return (party_ref(event.by),)


def _reminded(state: Thread | None, event: TimerFired) -> tuple[SubjectRef, ...]:
    recipient = state.recipient("buyer" if event.data["party"] == "buyer" else "seller") if state is not None else None
    return (party_ref(recipient),) if recipient is not None else ()


TELL_STEP: Final = tell_step(step_words)
TELL_PARCEL: Final = tell_parcel(parcel_words)

SERVICE: Final = Service(
    name="notification",
    kinds=(THREADS, PARTIES),
    rules=(
        # what is heard           concerns  rule                      reads beside it, for the reader's time zone
        *(On(step,                _thread,  TELL_STEP,                _both) for step in STEPS),
        On(CommandRefused,        _thread,  tell_refusal(refused),    _speaker),
        *(On(news,                _thread,  TELL_PARCEL,              _buyer) for news in PARCELS),
        On(PartyChanged,          _party,   know_party),
        On(NoticeOpened,          _thread,  delivery.record_reading),
        On(NoticeDelivered,       _thread,  delivery.record_delivery),
        On(NoticeGivenUp,         _thread,  delivery.give_up),
        OnTimer(REMINDER,                   remind(reminder),         _reminded),
    ),
)  # fmt: skip
