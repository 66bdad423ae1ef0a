"""What the rulebook names and every service must agree on: reasons, and what its rules are called."""
