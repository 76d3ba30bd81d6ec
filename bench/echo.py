"""The floor: a WebSocket server that sends every frame back, and does nothing else.

``python -m bench.echo`` prints its address. Nothing in Python answers a frame with less work.
"""

import resource
import sys

import picows
import uvloop


class Echo(picows.WSListener):
    """Sends back what comes."""

    def on_ws_frame(self, transport: picows.WSTransport, frame: picows.WSFrame) -> None:
        if frame.msg_type == picows.WSMsgType.TEXT:
            transport.send(picows.WSMsgType.TEXT, frame.get_payload_as_bytes())
        elif frame.msg_type == picows.WSMsgType.CLOSE:
            transport.send_close(frame.get_close_code())
            transport.disconnect()


def _accept(request: picows.WSUpgradeRequest) -> picows.WSUpgradeResponseWithListener:
    wanted = request.headers.get("Sec-WebSocket-Protocol", "")
    response = picows.WSUpgradeResponse.create_101_response(
        extra_headers={"Sec-WebSocket-Protocol": wanted}
    )
    return picows.WSUpgradeResponseWithListener(response, Echo())


async def _serve() -> None:
    server = await picows.ws_create_server(_accept, "127.0.0.1", 0, backlog=4096)
    port = server.sockets[0].getsockname()[1]
    sys.stdout.write(f"ready - ws://127.0.0.1:{port}/ocpp\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    uvloop.run(_serve())
