"""Orders, parcels and scans, as order-tracking keeps them."""
