"""Where this machine's own gateway listens, for the commands that call one."""

from voicegw import settings as gateway_settings
from voicegw.client.address import REALTIME, located, realtime
from voicegw.errors import SettingsError

_EVERYWHERE = ("0.0.0.0", "::")


def address(url: str | None, key: str | None) -> tuple[str, str | None]:
    """Where to call and with which key: as given, else as this machine's own gateway is set.

    The gateway's own key never goes to another address that was given. Raises OperatorError.
    """
    if url is not None:
        return realtime(url), key
    settings = gateway_settings.load()
    if settings.port == 0:
        raise SettingsError("The gateway takes any free port (VOICEGW_PORT=0): say where it is with --url.")
    host = "127.0.0.1" if settings.host in _EVERYWHERE else settings.host
    own = settings.key.text if settings.key else None
    return f"ws://{located(host, settings.port)}{REALTIME}", key or own
