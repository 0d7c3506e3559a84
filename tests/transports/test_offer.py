"""Offers of strangers: what is let through, and what is refused in which words."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voicegw.transports.offer import CANDIDATES, OFFER_BYTES, BadOffer, checked, with_correction, with_rejected

OFFER = """v=0
o=- 1 1 IN IP4 0.0.0.0
s=-
t=0 0
a=group:BUNDLE 0 1
m=audio 9 UDP/TLS/RTP/SAVPF 111 0
c=IN IP4 0.0.0.0
a=mid:0
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuv
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
m=application 9 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 0.0.0.0
a=mid:1
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuv
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=sctp-port:5000
"""
VIDEO = """m=video 9 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=mid:v
a=ice-ufrag:abcd
a=ice-pwd:abcdefghijklmnopqrstuv
a=fingerprint:sha-256 AA:BB
a=setup:actpass
a=recvonly
a=rtpmap:96 VP8/90000
"""
HOST = "a=candidate:1 1 udp 2130706431 192.0.2.7 50000 typ host"


REJECTED = """m=video 0 UDP/TLS/RTP/SAVPF 96 97
c=IN IP4 0.0.0.0
a=inactive
a=mid:v
"""


def with_lines(*lines: str) -> str:
    return OFFER + "".join(line + "\n" for line in lines)


def test_a_browsers_offer_passes_with_the_line_ends_of_the_rfc():
    assert checked(OFFER) == OFFER.replace("\n", "\r\n")
    assert checked(OFFER.replace("\n", "\r\n")) == OFFER.replace("\n", "\r\n")


@pytest.mark.parametrize(
    ("offer", "code"),
    [
        ("", "invalid_offer"),
        ("hello", "invalid_offer"),
        ("v=0\n", "no_audio"),
        (OFFER + "x" * OFFER_BYTES, "offer_too_large"),
        (OFFER + "m=video 9 UDP/TLS/RTP/SAVPF 96\n" * 7, "too_many_sections"),
        (OFFER + OFFER[OFFER.index("m=audio") :], "too_many_sections"),
        ("v=0\n" + OFFER[OFFER.index("m=application") :], "no_audio"),
        (OFFER + "m=audio 9 UDP/TLS/RTP/SAVPF 111\n" * 100, "too_many_sections"),
        (OFFER.replace("m=audio", "m=video"), "no_audio"),
        (OFFER.replace("m=application", "m=audio"), "no_audio"),
        (OFFER.split("m=application", maxsplit=1)[0], "no_channel"),
        (OFFER.replace("opus/48000/2", "G722/8000"), "no_opus"),
        (OFFER.replace("a=sendrecv", "a=recvonly"), "invalid_offer"),
        (OFFER.replace("a=group:BUNDLE 0 1\n", ""), "invalid_offer"),
        (OFFER.replace("a=ice-pwd", "a=x"), "invalid_offer"),
        (OFFER.replace("a=fingerprint", "a=x"), "invalid_offer"),
    ],
)
def test_what_is_no_call_is_refused(offer, code):
    with pytest.raises(BadOffer) as refused:
        checked(offer)
    assert refused.value.code == code


def test_only_plain_addresses_are_tried_and_not_many():
    bad = [
        HOST.replace("192.0.2.7", "f0e1d2c3.local"),
        HOST.replace("192.0.2.7", "internal.example.org"),
        HOST.replace("192.0.2.7", "224.0.0.251"),
        HOST.replace("192.0.2.7", "0.0.0.0"),
        HOST.replace("udp", "tcp"),
        HOST.replace("50000", "0"),
        HOST.replace("50000", "99999999"),
        "a=candidate:1",
        "a=end-of-candidates",
    ]
    assert checked(with_lines(*bad)) == checked(OFFER)
    many = [HOST.replace("50000", str(50000 + n)) for n in range(100)]
    assert checked(with_lines(*many)).count("a=candidate:") == CANDIDATES


def test_the_answer_asks_for_forward_error_correction():
    assert with_correction("a=rtpmap:96 opus/48000/2\r\na=sendrecv\r\n") == (
        "a=rtpmap:96 opus/48000/2\r\na=fmtp:96 minptime=10;useinbandfec=1\r\na=sendrecv\r\n"
    )


def with_video(at: str) -> str:
    """The offer with a section for pictures in front of the one that begins so, or at its end."""
    place = OFFER.index(at) if at else len(OFFER)
    names = {"m=audio": "v 0 1", "m=application": "0 v 1", "": "0 1 v"}[at]
    return (OFFER[:place] + VIDEO + OFFER[place:]).replace("BUNDLE 0 1", f"BUNDLE {names}")


@pytest.mark.parametrize("at", ["m=audio", "m=application", ""])
def test_a_section_for_pictures_is_kept_from_the_library_and_rejected_at_its_place(at):
    offer = with_video(at)
    assert checked(offer) == checked(OFFER)
    answer = with_rejected(checked(OFFER), offer)
    assert answer == offer.replace(VIDEO, REJECTED).replace("v 0 1", "0 1").replace("0 v 1", "0 1").replace(
        "0 1 v", "0 1"
    ).replace("\n", "\r\n")
    assert with_rejected(checked(OFFER), OFFER) == checked(OFFER)


def test_several_cameras_are_rejected_each_by_its_name():
    offer = with_video("m=audio") + VIDEO.replace("mid:v", "mid:w")
    assert with_rejected(checked(offer), offer).count("m=video 0 UDP/TLS/RTP/SAVPF 96 97\r\n") == 2


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=300), st.integers(0, len(OFFER)))
def test_no_text_does_more_than_be_refused(text, at):
    try:
        passed = checked(OFFER[:at] + text + OFFER[at:])
    except BadOffer:
        return
    assert passed.startswith("v=0\r\n")
