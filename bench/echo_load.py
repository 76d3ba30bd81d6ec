"""``loadgen.py`` against an echo: the same frames, paced and counted in the same way, and whatever
comes back is taken for the answer that the session needs to go on.
"""

import sys
from typing import Any

import picows

from bench import loadgen

#: Holds what any check of the load generator looks for.
ANSWER = {
    "status": "Accepted",
    "currentTime": "",
    "idTagInfo": {"status": "Accepted"},
    "idTokenInfo": {"status": "Accepted"},
    "transactionId": 1,
}


class EchoedStation(loadgen.Station):
    """Takes its own frame, sent back, for a yes."""

    def on_ws_frame(self, transport: Any, frame: Any) -> None:
        if frame.msg_type != picows.WSMsgType.TEXT:
            super().on_ws_frame(transport, frame)
        elif self.waiting and not self.waiting[1].done():
            self.waiting[1].set_result([3, self.waiting[0], ANSWER])


if __name__ == "__main__":
    loadgen.Station = EchoedStation  # type: ignore[misc] # the one it makes all of
    sys.exit(loadgen.main())
