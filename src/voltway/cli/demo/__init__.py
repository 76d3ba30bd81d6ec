"""``voltway demo``: the whole house with a simulated world around it."""

from voltway.cli.demo.command import demo_command

__all__ = ["demo_command"]
