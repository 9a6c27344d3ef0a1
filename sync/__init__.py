"""How answers come in: sealed on the device, received exactly once, mixed."""
