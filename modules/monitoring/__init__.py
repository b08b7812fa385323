"""What watches the stage: alarms, dashboard, budgets."""
