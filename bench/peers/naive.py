"""The naive peer: a FastStream subscriber with a SQLAlchemy session a message, as a tutorial shows.

`python bench/peers/naive.py DSN BOOTSTRAP SCANS_TOPIC OUT_TOPIC SCANS` makes its tables, takes so many scans from the
topic and prints one JSON object: `scans` and `seconds`, from the first scan's arrival to the last one's answer.

It does what order-tracking does with a scan: drops repeats, keeps the scan, decides the parcel, says what changed.
"""

import asyncio
import json
import logging
import sys
import time
from datetime import datetime
from typing import Any

from faststream import FastStream
from faststream.kafka import KafkaBroker
from pydantic import BaseModel
from sqlalchemy import DateTime, ForeignKey, select
from sqlalchemy.ext.asyncio import AsyncAttrs, async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, relationship, selectinload

ANOMALIES = ("customs_hold", "returning", "lost", "not_found")


class Base(AsyncAttrs, DeclarativeBase):
    pass


class Parcel(Base):
    __tablename__ = "parcel"
    number: Mapped[str] = mapped_column(primary_key=True)
    status: Mapped[str | None]
    delivered_at: Mapped[datetime | None] = mapped_column(DateTime(timezone=True))
    scans: Mapped[list["Scan"]] = relationship(back_populates="parcel")


class Scan(Base):
    __tablename__ = "scan"
    id: Mapped[int] = mapped_column(primary_key=True)
    message: Mapped[str] = mapped_column(unique=True)
    number: Mapped[str] = mapped_column(ForeignKey("parcel.number"), index=True)
    status: Mapped[str]
    scanned_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    place: Mapped[str | None]
    parcel: Mapped[Parcel] = relationship(back_populates="scans")


class Scanned(BaseModel):
    carrier: str
    number: str
    status: str
    scanned_at: datetime
    place: str | None = None


class Told(BaseModel):
    number: str
    what: str
    status: str
    seen: list[str]
    delivered_at: datetime | None


def told(parcel: Parcel, before: set[str]) -> Told | None:
    """What a listener is told after a scan; None when nothing changed that it decides by."""
    last = max(parcel.scans, key=lambda scan: scan.scanned_at)
    seen = {scan.status for scan in parcel.scans}
    if parcel.status == last.status and seen == before:
        return None
    parcel.status = last.status
    if last.status == "delivered" and parcel.delivered_at is None:
        parcel.delivered_at = last.scanned_at
    what = "anomalous" if last.status in ANOMALIES else "delivered" if last.status == "delivered" else "in_transit"
    return Told(
        number=parcel.number, what=what, status=last.status, seen=sorted(seen), delivered_at=parcel.delivered_at
    )


def application(dsn: str, bootstrap: str, topics: tuple[str, str], count: int) -> tuple[FastStream, list[float]]:
    """The application, and the instants at which its messages began and ended."""
    engine = create_async_engine(dsn)
    sessions = async_sessionmaker(engine, expire_on_commit=False)
    broker = KafkaBroker(bootstrap, logger=None, acks="all")
    app = FastStream(broker, logger=None)
    publisher = broker.publisher(topics[1])
    instants: list[float] = []

    @broker.subscriber(topics[0], group_id="naive", auto_offset_reset="earliest")
    async def on_scan(scanned: Scanned) -> None:
        instants.append(time.monotonic())
        message = f"{scanned.carrier}:{scanned.number}:{scanned.status}:{scanned.scanned_at.isoformat()}"
        async with sessions() as session:
            known = await session.scalar(select(Scan).where(Scan.message == message))
            if known is None:
                query = select(Parcel).where(Parcel.number == scanned.number).options(selectinload(Parcel.scans))
                parcel = await session.scalar(query)
                if parcel is not None:
                    before = {scan.status for scan in parcel.scans}
                    parcel.scans.append(
                        Scan(
                            message=message,
                            status=scanned.status,
                            scanned_at=scanned.scanned_at,
                            place=scanned.place,
                        )
                    )
                    news = told(parcel, before)
                    await session.commit()
                    if news is not None:
                        await publisher.publish(news, key=scanned.number.encode())
        instants.append(time.monotonic())
        if len(instants) == 2 * count:
            app.exit()

    return app, instants


async def prepare(dsn: str, count: int) -> None:
    """The tables, and the parcels whose scans will come."""
    engine = create_async_engine(dsn)
    async with engine.begin() as connection:
        await connection.run_sync(Base.metadata.create_all)
    async with async_sessionmaker(engine)() as session:
        session.add_all(Parcel(number=f"N-{number}-CN") for number in range(count))
        await session.commit()
    await engine.dispose()


async def main(arguments: list[str]) -> dict[str, Any]:
    dsn, bootstrap, scans_topic, out_topic, scans = arguments
    count = int(scans)
    await prepare(dsn, count // 5)
    app, instants = application(dsn, bootstrap, (scans_topic, out_topic), count)
    await app.run()
    return {"scans": count, "seconds": instants[2 * count - 1] - instants[0]}


if __name__ == "__main__":
    logging.disable(logging.WARNING)
    print(json.dumps(asyncio.run(main(sys.argv[1:]))))
