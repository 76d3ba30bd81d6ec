"""The eyes themselves: a page with a fault does not pass them."""

import pytest

from tests.browser.eyes import Eyes

SOUND = """
<!doctype html><html lang="en"><head><title>Sound</title></head>
<body><main><h1>Sound</h1>{}</main></body></html>
"""

PALE_IN_THE_DARK = """
<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }</style>
<p>pale in the dark alone</p>
"""

FAULTS = {
    '<img src="data:,">': "image-alt",
    '<p style="color: #999; background: #fff">pale</p>': "color-contrast",
    '<p style="inline-size: 50rem">wider than a phone</p>': "320 px: it is 8",
    PALE_IN_THE_DARK: "dark, no-preference, 320 px: color-contrast",
    '<script>console.error("broken")</script>': "broken",
}


async def test_each_fault_on_a_page_is_found_and_a_sound_page_is_approved(eyes: Eyes) -> None:
    for fault, named in FAULTS.items():
        await eyes.page.set_content(SOUND.format(fault))
        with pytest.raises(AssertionError, match=named):
            await eyes.approve("a page with a fault")
        eyes.trouble.clear()

    await eyes.page.set_content(SOUND.format("<p>Nothing is wrong here.</p>"))
    await eyes.approve("a sound page")
