"""What a neural network costs on an accelerator: cycles, traffic and energy."""
