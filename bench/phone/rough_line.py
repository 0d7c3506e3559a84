"""A bad network between one page and the gateway, through all connections that the page makes."""

import re

from playwright.async_api import Page, Route, WebSocketRoute

from bench.phone.lossy_link import LossyLink

_OFFERS = re.compile(r"/v1/realtime/calls(/[^/]+/resume)?(\?.*)?$")
_SOCKETS = re.compile(r"/v1/realtime(\?.*)?$")
_CREATED = 201


class RoughLine:
    """loss, jitter: see LossyLink. `lay` it before the page calls, `close` it in any case."""

    def __init__(self, *, loss: float, jitter: float) -> None:
        self.loss = loss
        self.jitter = jitter
        self._cut = False
        self._links: list[LossyLink] = []

    @property
    def cut(self) -> bool:
        """No packet passes, of this connection or of another one."""
        return self._cut

    @cut.setter
    def cut(self, cut: bool) -> None:
        self._cut = cut
        for link in self._links:
            link.cut = cut

    @property
    def passed(self) -> int:
        return sum(link.passed for link in self._links)

    @property
    def dropped(self) -> int:
        return sum(link.dropped for link in self._links)

    async def lay(self, page: Page) -> None:
        """Put a relay between both sides of every offer and answer from now on."""
        await page.route(_OFFERS, self._pass_on)
        await page.route_web_socket(_SOCKETS, self._connect)

    def close(self) -> None:
        for link in self._links:
            link.close()

    async def _connect(self, socket: WebSocketRoute) -> None:
        if self._cut:
            await socket.close()
        else:
            socket.connect_to_server()

    async def _pass_on(self, route: Route) -> None:
        if self._cut:  # a broken network breaks HTTP as well
            await route.abort("internetdisconnected")
            return
        link = LossyLink(loss=self.loss, jitter=self.jitter, seed=len(self._links))
        link.cut = self._cut
        reply = await route.fetch(post_data=link.offer(route.request.post_data or ""))
        answer = await reply.text()
        if reply.status == _CREATED:
            self._links.append(link)
            answer = await link.open(answer)
        await route.fulfill(response=reply, body=answer)
