"""What there is before anything happens: networks, firms, people, devices, clients."""
