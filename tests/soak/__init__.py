"""The bot between a tenant and a workspace that fail, killed and moved in time; what holds all the same."""
