"""The page of the settings, ``docs/operating/settings.md``, as the code has them."""

from typing import get_type_hints

import msgspec

from voltway.runtime.settings import CONFIG_NAME, CONFIG_SAYS, PREFIX, Settings


def rendered() -> str:
    """The page, as a whole."""
    lines = [
        "# Settings",
        "",
        "Set them in the environment (`VOLTWAY_HTTP=127.0.0.1:8080`) or in a TOML file",
        '(`http = "127.0.0.1:8080"`). The command line wins over the environment, and the',
        "environment over the file. A name's ending is its unit: `_s` seconds, `_ms` milliseconds,",
        "`_h` hours, `_days` days. This page is written by",
        "`python -m voltway.runtime.settings_page`.",
        "",
        "| environment | in the file | default | what it does |",
        "|---|---|---|---|",
        f"| `{CONFIG_NAME}` | | empty | {CONFIG_SAYS} |",
    ]
    hints = get_type_hints(Settings, include_extras=True)
    for field in msgspec.structs.fields(Settings):
        metas = [meta for meta in hints[field.name].__metadata__ if meta.description]
        (meta,) = metas
        default = f"`{field.default}`" if str(field.default) else "empty"
        secret = " Secret: never logged." if (meta.extra or {}).get("secret") else ""
        lines.append(
            f"| `{PREFIX}{field.name.upper()}` | `{field.name}` | {default} "
            f"| {meta.description}{secret} |"
        )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    print(rendered(), end="")  # noqa: T201 - this is the command's output
