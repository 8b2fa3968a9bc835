"""A Microsoft 365 tenant and a Slack workspace on this machine, reached only over HTTP and WebSocket."""
