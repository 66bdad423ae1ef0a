"""The engine: all I/O of all services. receive -> lock -> decide -> keep -> relay."""
