"""What follows from an order, a shipment, a scan and the end of a promise. Pure."""
