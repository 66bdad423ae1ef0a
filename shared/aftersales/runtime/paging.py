"""Lists in pages, by key and not by number: right while rows come and go, as cheap far down the list as at its top."""

import base64
import binascii
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Any, Final, TypeVar

import orjson
from fastapi import Depends, Query
from sqlalchemy import ColumnElement, Select, tuple_

from aftersales.errors import Refused

DEFAULT: Final = 50
MOST: Final = 200
LONGEST_CURSOR: Final = 600

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page:
    """What page is asked for: `limit` rows after the one that `cursor` names; the first page without one."""

    limit: int = DEFAULT
    cursor: str | None = None

    def after(self, *kinds: type) -> tuple[Any, ...] | None:
        """The key to go on from, one value a kind (str, int, datetime); Refused 422 for a cursor that was not ours."""
        return None if self.cursor is None else opened(self.cursor, kinds)

    def narrow(self, select: Select[Any], *columns: ColumnElement[Any], descending: bool = False) -> Select[Any]:
        """The query of this page, ordered by the columns, which together are unique; one row more than the page has."""
        kinds = [column.type.python_type for column in columns]
        key = self.after(*kinds)
        if key is not None:
            here, there = tuple_(*columns), tuple_(*key, types=[column.type for column in columns])
            select = select.where(here < there if descending else here > there)
        order = [column.desc() if descending else column.asc() for column in columns]
        return select.order_by(*order).limit(self.limit + 1)

    def cut(self, rows: Sequence[Row], key: Callable[[Row], tuple[Any, ...]]) -> tuple[list[Row], str | None]:
        """The rows of this page, and the cursor of the next one; None where there is none."""
        shown = list(rows[: self.limit])
        return shown, closed(key(shown[-1])) if len(rows) > self.limit else None


def closed(key: tuple[Any, ...]) -> str:
    values = [each.isoformat() if isinstance(each, datetime) else each for each in key]
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def opened(cursor: str, kinds: Sequence[type]) -> tuple[Any, ...]:
    try:
        values = orjson.loads(base64.b64decode(cursor + "=" * (-len(cursor) % 4), altchars=b"-_", validate=True))
        if not isinstance(values, list) or len(values) != len(kinds):
            raise ValueError("another list's cursor")
        return tuple(_read(value, kind) for value, kind in zip(values, kinds, strict=True))
    except (ValueError, TypeError, binascii.Error):
        raise Refused("cursor-not-valid", "This cursor is not one of this list. Start without a cursor.", 422) from None


def _read(value: Any, kind: Any) -> Any:
    if kind is datetime:
        instant = datetime.fromisoformat(value)
        if instant.tzinfo is None:
            raise ValueError("an instant without its zone")
        # The year 9999 is in rows of our own: what waits for nothing.
        if not date.min < instant.date() < date.max:
            raise ValueError("an instant that no zone may move out of the calendar")
        return instant
    if type(value) is not kind or (kind is int and abs(value) >= 2**63) or (kind is str and "\x00" in value):
        raise ValueError("a value of another kind")
    return value


def page(
    limit: Annotated[int, Query(ge=1, le=MOST, description="rows a page")] = DEFAULT,
    cursor: Annotated[
        str | None, Query(min_length=1, max_length=LONGEST_CURSOR, description="`next` of the page before")
    ] = None,
) -> Page:
    return Page(limit, cursor)


# The parameter type of a route that lists: `async def list_cases(page: Paged)`.
Paged = Annotated[Page, Depends(page)]
