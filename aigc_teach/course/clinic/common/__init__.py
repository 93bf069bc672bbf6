"""What the clinic's lessons share: trainings as plans, cases, how often a diagnosis is right."""
