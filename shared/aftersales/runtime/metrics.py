"""What the engine counts. Plain prometheus metrics of one process; the HTTP door shows them under /metrics."""

from typing import Final, Literal

from prometheus_client import Counter, Gauge, Histogram

# Background duties go in rounds; one that has nothing to do has a good round all the same.
Duty = Literal["units", "timers", "relay", "housekeeping", "outages", "sending"]
ROUNDS: Final = Counter(
    "aftersales_duty_rounds_total", "Rounds of a background duty, by how they went", ["duty", "outcome"]
)
LAST_GOOD: Final = Gauge(
    "aftersales_duty_last_good_timestamp_seconds", "Unix time of the last good round of a background duty", ["duty"]
)

CAUSES: Final = Counter("aftersales_causes_total", "Causes by what became of them", ["outcome"])
UNIT_SECONDS: Final = Histogram(
    "aftersales_unit_seconds",
    "Time of one unit, from BEGIN to COMMIT",
    ["door"],
    buckets=(0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 15),
)
UNIT_RETRIES: Final = Counter("aftersales_unit_retries_total", "Units run again after a passing failure", ["reason"])
UNIT_SPLITS: Final = Counter("aftersales_unit_splits_total", "Units split in halves to find a bad record")
BATCHES_DROPPED: Final = Counter("aftersales_batches_dropped_total", "Batches forgotten", ["reason"])
DEAD_LETTERS: Final = Counter("aftersales_dead_letters_total", "Records that became dead letters", ["reason"])
DEAD_LETTERS_WAITING: Final = Gauge("aftersales_dead_letters_waiting", "Dead letters not replayed, at most 20001")
PARKED_SUBJECTS: Final = Counter("aftersales_parked_total", "Subjects parked", ["reason"])
PARKED_NOW: Final = Gauge("aftersales_parked_subjects", "Subjects parked now")
PARKED_AGE: Final = Gauge("aftersales_parked_oldest_seconds", "How long the longest waiting subject has been parked")
TIMERS_FIRED: Final = Counter("aftersales_timers_fired_total", "Timers that fired", ["kind"])
TIMERS_DUE: Final = Gauge("aftersales_timers_due", "Timers that are due and have not fired")
TIMERS_AGE: Final = Gauge("aftersales_timers_oldest_due_seconds", "How long the longest waiting timer has been due")
TIMER_LATENESS: Final = Histogram(
    "aftersales_timer_lateness_seconds",
    "How long after its instant a timer fired",
    buckets=(0.1, 0.5, 1, 2, 5, 15, 60, 300, 900, 3600),
)
RELAYED: Final = Counter("aftersales_relayed_total", "Outbox rows acknowledged by Kafka", ["topic"])
RELAY_FAILURES: Final = Counter("aftersales_relay_failures_total", "Sends that were not acknowledged", ["reason"])
RELAY_LEADS: Final = Gauge("aftersales_relay_leads", "1 while this process holds the relay's lease")
UNSENT: Final = Gauge("aftersales_outbox_unsent", "Outbox rows not sent, at most 20001")
UNSENT_AGE: Final = Gauge("aftersales_outbox_oldest_unsent_seconds", "Age of the oldest outbox row not sent")
OUTBOX_DEAD_ROWS: Final = Gauge("aftersales_outbox_dead_rows", "Rows of the outbox that wait for vacuum")
OLDEST_TRANSACTION: Final = Gauge(
    "aftersales_oldest_transaction_seconds", "Age of the oldest open transaction in the service's database"
)
FORGETTING: Final = Gauge(
    "aftersales_forgetting_behind", "1 while more old rows wait to be forgotten than one look takes"
)
LAG: Final = Gauge("aftersales_consumer_lag", "Records not read yet, over the partitions of this process")
ASSIGNED: Final = Gauge("aftersales_consumer_partitions", "Partitions assigned to this process")
READ_UNTIL_AGE: Final = Gauge(
    "aftersales_read_until_age_seconds", "Age of the instant before which everything has been read"
)
BREAKER_TRIPPED: Final = Gauge("aftersales_breaker_tripped", "1 while the clock-jump breaker holds all timers back")
OUTAGES: Final = Counter("aftersales_outages_total", "Outages recorded", ["what"])
# A counter that begins with its first event shows no increase to whoever watches it.
for what in ("http", "kafka"):
    OUTAGES.labels(what)


def went_well(duty: Duty) -> None:
    """A round of the duty is done, whether there was something to do or not."""
    ROUNDS.labels(duty, "ok").inc()
    LAST_GOOD.labels(duty).set_to_current_time()


def failed(duty: Duty) -> None:
    """A round of the duty came to nothing; it is tried again."""
    ROUNDS.labels(duty, "failed").inc()


def show_lag(records: int) -> None:
    """What a look at the partitions' ends found; it is the units' sign of life where no records come."""
    LAG.set(records)
    went_well("units")
