"""What a reader of ``--help`` sees, and what a shell is told that completes a line."""

import os
from collections.abc import Mapping
from typing import Any

import click

#: By this variable a shell asks what may come next, as click has it.
COMPLETE = "_UNROLLED_COMPLETE"


class InOrder(click.Group):
    """A group that lists its commands in the order in which they are needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the names of the commands."""
        return list(self.commands)


class InGroups(click.Command):
    """A command whose help lists its options under headings; those without one come last."""

    def __init__(self, *args: Any, groups: Mapping[str, tuple[str, ...]], **kwargs: Any) -> None:
        """Take for each heading the names of parameters."""
        super().__init__(*args, **kwargs)
        self.groups = groups

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write each heading with its options."""
        options = (each for each in self.get_params(ctx) if isinstance(each, click.Option))
        records = {each.name: told for each in options if (told := each.get_help_record(ctx))}
        for heading, names in self.groups.items():
            with formatter.section(heading):
                formatter.write_dl([records.pop(name) for name in names if name in records])
        with formatter.section("Options"):
            formatter.write_dl(list(records.values()))


def completed(command: click.Command) -> int | None:
    """Answer a shell that asks what may come next; ``None`` where none does."""
    from click.shell_completion import shell_complete

    if not (asked := os.environ.get(COMPLETE)):
        return None
    return shell_complete(command, {}, "unrolled", COMPLETE, asked)
