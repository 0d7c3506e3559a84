"""This machine, and nobody else."""

import ipaddress
import re
from collections.abc import Iterable

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[\w.~%!$&'()*+,;=-]*)(?::(\d{0,5}))?", re.ASCII)
_FOR = re.compile(r'for="?(\[[^\]]*\]|[^;,"\s]*)', re.IGNORECASE)


def is_loopback(host: str) -> bool:
    """Whether `host` (a name or an address) can only mean this machine."""
    if host.lower().removesuffix(".") == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped  # an IPv4 caller on a socket for both
    return address.is_loopback


def host_named(header: str) -> str | None:
    """The name or address in a Host header, without brackets and port; None for what is no Host (RFC 9110, 7.2)."""
    match = _HOST.fullmatch(header)
    if match is None or int(match[2] or 0) > 65535:
        return None
    if not match[1].startswith("["):
        return match[1]
    try:
        return str(ipaddress.IPv6Address(match[1][1:-1]))
    except ValueError:
        return None


def forwarded_for(lists: Iterable[str], forwarded: Iterable[str]) -> list[str]:
    """For whom a proxy says it asks. lists: X-Forwarded-For and its like; forwarded: Forwarded headers (RFC 7239)."""
    named = [address.strip() for header in lists for address in header.split(",")]
    named += [match for header in forwarded for match in _FOR.findall(header)]
    return [host_named(name) or name for name in (bare.strip() for bare in named) if name]
