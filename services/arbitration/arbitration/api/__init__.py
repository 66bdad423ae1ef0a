"""The desk over HTTP: agents and supervisors only. To everybody else there is nothing at these addresses."""

from fastapi import APIRouter

from arbitration.api import cases, commands, extensions, words


def routers() -> list[APIRouter]:
    return [cases.router, commands.router, words.router, extensions.router]
