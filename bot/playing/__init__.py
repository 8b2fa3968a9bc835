"""The sandbox's verbs: a tenant and a workspace on this machine, and the real bot between them.

This is the only room of the bot that knows the sandbox. The bot itself is started as `compromise run` starts
it; only the addresses and the keys are the sandbox's.
"""
