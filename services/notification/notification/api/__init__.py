"""The inbox of a party, and what agents see of an order's notices."""

from fastapi import APIRouter

from notification.api import inbox, notices


def routers() -> list[APIRouter]:
    return [inbox.router, notices.router]
