"""Where the caller's packets leave aiortc.

aiortc's receiver puts audio into a buffer of 16 packets that gives nothing out until 4 are there, stops for all 16 when
one is lost, and stays that late ever after (aiortc issue 543). It offers no way to bring another, so this file puts one
in the place of that private attribute, of one receiver at a time. It takes every packet and gives none back:
decryption, routing and RTCP reports stay aiortc's, and its decoder thread sleeps. Another aiortc, without that place,
is refused.
"""

from aiortc.jitterbuffer import JitterBuffer, JitterFrame
from aiortc.rtcrtpreceiver import RTCRtpReceiver
from aiortc.rtp import RtpPacket

from pipeline.errors import OperatorError
from voicegw.transports.ear import Ear

_PLACE = "_RTCRtpReceiver__jitter_buffer"


class _Tap(JitterBuffer):
    def __init__(self, ear: Ear) -> None:
        super().__init__(capacity=1)
        self._ear = ear

    def add(self, packet: RtpPacket) -> tuple[bool, JitterFrame | None]:
        self._ear.packet(packet.sequence_number, packet.timestamp, packet.payload)
        return False, None


def tap(receiver: RTCRtpReceiver, ear: Ear) -> None:
    """From now on `ear` gets the receiver's packets, and nobody else does."""
    if not hasattr(receiver, _PLACE):
        raise OperatorError("This version of aiortc keeps its jitter buffer elsewhere; install 1.16.")
    setattr(receiver, _PLACE, _Tap(ear))
