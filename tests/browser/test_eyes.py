"""The eyes themselves: a page with a fault does not pass them."""

import pytest

from tests.browser.eyes import Eyes

SOUND = """
<!doctype html><html lang="en"><head><title>Sound</title></head>
<body><main><h1>Sound</h1>{}</main></body></html>
"""


@pytest.mark.parametrize(
    ("fault", "named"),
    [
        pytest.param('<img src="data:,">', "image-alt", id="a picture without words"),
        pytest.param(
            '<p style="color: #999; background: #fff">pale</p>', "color-contrast", id="pale words"
        ),
        pytest.param(
            '<p style="inline-size: 50rem">wide</p>', "320 px: it is 8", id="wider than a phone"
        ),
        pytest.param(
            "<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #000 } }"
            "</style><p>dark</p>",
            "dark, 320 px: color-contrast",
            id="pale words in the dark alone",
        ),
        pytest.param(
            '<script>console.error("broken")</script>', "broken", id="an error in the console"
        ),
    ],
)
async def test_a_fault_on_a_page_is_found(eyes: Eyes, fault: str, named: str) -> None:
    await eyes.page.set_content(SOUND.format(fault))

    with pytest.raises(AssertionError, match=named):
        await eyes.approve("a page with a fault")

    eyes.trouble.clear()


async def test_a_sound_page_is_approved(eyes: Eyes) -> None:
    await eyes.page.set_content(SOUND.format("<p>Nothing is wrong here.</p>"))

    await eyes.approve("a sound page")
