"""Parcels over HTTP: to their buyer and seller, to agents, and to the marketplace's own services."""

from fastapi import APIRouter

from order_tracking.api import parcels, scans


def routers() -> list[APIRouter]:
    return [parcels.router, scans.router]
