"""What the engine counts. Plain prometheus metrics of one process; the HTTP door shows them under /metrics."""

from typing import Final

from prometheus_client import Counter, Gauge, Histogram

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
PARKED_SUBJECTS: Final = Counter("aftersales_parked_total", "Subjects parked", ["reason"])
PARKED_NOW: Final = Gauge("aftersales_parked_subjects", "Subjects parked now")
TIMERS_FIRED: Final = Counter("aftersales_timers_fired_total", "Timers that fired", ["kind"])
TIMERS_DUE: Final = Gauge("aftersales_timers_due", "Timers that are due and have not fired")
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
LAG: Final = Gauge("aftersales_consumer_lag", "Records not read yet, over the partitions of this process")
ASSIGNED: Final = Gauge("aftersales_consumer_partitions", "Partitions assigned to this process")
READ_UNTIL_AGE: Final = Gauge(
    "aftersales_read_until_age_seconds", "Age of the instant before which everything has been read"
)
BREAKER_TRIPPED: Final = Gauge("aftersales_breaker_tripped", "1 while the clock-jump breaker holds all timers back")
OUTAGES: Final = Counter("aftersales_outages_total", "Outages recorded", ["what"])
