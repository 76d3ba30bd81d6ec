"""``voltway replay``: real sessions of the past through the whole house."""

from voltway.cli.replay.command import replay_command

__all__ = ["replay_command"]
