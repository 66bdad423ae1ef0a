"""Dated stories: a script of a few orders and what must then be true, played in memory or on the running stack."""
