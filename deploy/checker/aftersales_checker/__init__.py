"""The checker of a run: reads tables and topics for itself and says which invariant does not hold (dangers 5.1).

It imports nothing of the services, the engine or the local stack: their mistakes must not be repeated here. What is
written by hand twice (names of tables, the rulebook's transitions, how ids are derived) is written twice on purpose.
"""
