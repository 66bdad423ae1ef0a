"""Follows every parcel against its promised delivery time."""
