"""The planner (TG-08): how many people of each group to invite, by week and département, within doses and slots."""
