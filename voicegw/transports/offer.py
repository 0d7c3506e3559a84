"""What a caller may offer, checked line by line before any library sees it; and what is added to our answer.

An offer is text from a stranger. aiortc would take a hundred media sections and open sockets for each, resolve host
names that the text gives, and fail in many ways; so only what a call needs is let through. Sections for pictures are
kept from it, and answered as rejected (RFC 8829, 5.3.1: port 0, at their own place, outside of the bundle).
"""

import ipaddress
import re

from pipeline.errors import CallerError

OFFER_BYTES = 32 * 1024
"""Several times the offer of any browser."""
SECTIONS = 2
"""One for the voice, one for the events."""
MOST_SECTIONS = 8
"""With those that are rejected: cameras, and screens that are shown."""
CANDIDATES = 20
"""Addresses of one caller that are tried."""

_OPUS = re.compile(r"^a=rtpmap:(\d+) opus/48000/2(?=\r?$)", re.IGNORECASE | re.MULTILINE)


class BadOffer(CallerError):
    """The offer cannot be answered; the message says what is wrong with it."""

    def __init__(self, message: str, code: str = "invalid_offer") -> None:
        super().__init__(message, code=code, param="sdp")


def checked(offer: str) -> str:
    """The offer with only the addresses that will be tried. Raises BadOffer."""
    if len(offer.encode()) > OFFER_BYTES:
        raise BadOffer(f"The offer has more than {OFFER_BYTES} bytes.", code="offer_too_large")
    lines = offer.replace("\r\n", "\n").strip("\n").split("\n")
    if lines[0] != "v=0":
        raise BadOffer("The offer is not SDP: it does not begin with v=0.")
    lines = _without_pictures(lines)
    _check_sections([line for line in lines if line.startswith("m=")])
    if sum(line.startswith("a=mid:") for line in lines) != SECTIONS:
        raise BadOffer("Each section of the offer must have a name of its own (a=mid).")
    if not any(line.startswith("a=group:BUNDLE ") for line in lines):
        raise BadOffer("The offer does not bundle voice and events on one connection (a=group:BUNDLE).")
    for needed in ("a=ice-ufrag:", "a=ice-pwd:", "a=fingerprint:"):
        if not any(line.startswith(needed) for line in lines):
            raise BadOffer(f"The offer has no {needed.removesuffix(':')} line.")
    if not _OPUS.search("\n".join(lines)):
        raise BadOffer("The offer has no Opus (opus/48000/2), the only codec of this gateway.", code="no_opus")
    if any(line in ("a=recvonly", "a=inactive", "a=sendonly") for line in lines):
        raise BadOffer("The offer's audio must be sent and received (a=sendrecv): this is a conversation.")
    return "\r\n".join(_with_usable_addresses(lines)) + "\r\n"


def with_rejected(answer: str, offer: str) -> str:
    """Our answer, with a rejected section wherever `offer` has one for pictures."""
    head, *accepted = _sections(answer.replace("\r\n", "\n").strip("\n").split("\n"))
    _, *offered = _sections(offer.replace("\r\n", "\n").strip("\n").split("\n"))
    answered = iter(accepted)
    sections = [_rejected(section) if _shows(section) else next(answered) for section in offered]
    return "\r\n".join(line for section in (head, *sections) for line in section) + "\r\n"


def with_correction(answer: str) -> str:
    """Our answer, asking the caller to send each packet with a coarse copy of the one before (RFC 7587, 6.1).

    aiortc writes no parameters for Opus, and browsers send these copies only to those who ask.
    """
    return _OPUS.sub(lambda found: f"{found[0]}\r\na=fmtp:{found[1]} minptime=10;useinbandfec=1", answer)


def _sections(lines: list[str]) -> list[list[str]]:
    """What is said about the whole, and then each section from its `m=` line on."""
    found: list[list[str]] = [[]]
    for line in lines:
        if line.startswith("m="):
            found.append([])
        found[-1].append(line)
    return found


def _shows(section: list[str]) -> bool:
    return section[0].startswith("m=video ")


def _rejected(section: list[str]) -> list[str]:
    kind, _, *rest = section[0].split(" ")
    names = [line for line in section if line.startswith("a=mid:")]
    return [" ".join([kind, "0", *rest]), "c=IN IP4 0.0.0.0", "a=inactive", *names]


def _without_pictures(lines: list[str]) -> list[str]:
    head, *sections = _sections(lines)
    if len(sections) > MOST_SECTIONS:
        raise BadOffer(
            f"The offer has {len(sections)} media sections; at most {MOST_SECTIONS} are looked at.",
            code="too_many_sections",
        )
    gone = {line.removeprefix("a=mid:") for section in sections if _shows(section) for line in section[1:]}
    return [
        *(_unbundled(line, gone) for line in head),
        *(line for section in sections if not _shows(section) for line in section),
    ]


def _unbundled(line: str, gone: set[str]) -> str:
    if not gone or not line.startswith("a=group:BUNDLE "):
        return line
    group, *names = line.split(" ")
    return " ".join([group, *(name for name in names if name not in gone)])


def _check_sections(sections: list[str]) -> None:
    kinds = [section[2:].split(" ")[0] for section in sections]
    if len(sections) > SECTIONS:
        raise BadOffer(
            f"The offer has {len(sections)} sections for sound and events; a call has {SECTIONS}.",
            code="too_many_sections",
        )
    if kinds.count("audio") != 1:
        raise BadOffer("The offer must have one audio section.", code="no_audio")
    if kinds.count("application") != 1:
        raise BadOffer("The offer must have a data channel; create `oai-events` before the offer.", code="no_channel")


def _with_usable_addresses(lines: list[str]) -> list[str]:
    """Without names to resolve, and without the end of the list: who is not in it is learned from its own checks."""
    kept, candidates = [], 0
    for line in lines:
        if line.startswith("a=candidate:"):
            if candidates >= CANDIDATES or not _is_usable(line):
                continue
            candidates += 1
        if line != "a=end-of-candidates":
            kept.append(line)
    return kept


def _is_usable(candidate: str) -> bool:
    """`a=candidate:FOUNDATION COMPONENT TRANSPORT PRIORITY ADDRESS PORT typ ...` (RFC 8839, 5.1)."""
    words = candidate.split(" ")
    if len(words) < 8 or words[1] != "1" or words[2].lower() != "udp" or not words[3].isdigit():
        return False
    try:
        address = ipaddress.ip_address(words[4])
    except ValueError:
        return False
    return words[5].isdigit() and 0 < int(words[5]) < 65536 and not (address.is_multicast or address.is_unspecified)
