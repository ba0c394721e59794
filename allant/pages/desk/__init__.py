"""The pages of the call desk: the agent's call, the supervisor's view, the events of a telephony."""
