"""Disputes over HTTP: to their buyer and seller, to agents for reading, to the marketplace of the order."""

from fastapi import APIRouter

from dispute.api import commands, disputes, orders, sellers


def routers() -> list[APIRouter]:
    return [commands.router, disputes.router, orders.router, sellers.router]
