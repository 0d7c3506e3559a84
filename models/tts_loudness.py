"""How loud speech is to the ear: ITU-R BS.1770, as measured by FFmpeg."""

import numpy as np

from models.shaping import Sound

SILENCE = -70.0
"""What the meter shows when nothing passes its absolute gate."""


def loudness(sound: Sound, rate: int) -> float:
    """Integrated loudness in LUFS of mono sound at `rate` Hz; SILENCE or less when there is none, or under 0.4 s."""
    import av

    if not sound.size:
        return SILENCE
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="flt", layout="mono")
    meter = graph.add("ebur128", "metadata=1")
    sink = graph.add("abuffersink")
    source.link_to(meter)
    meter.link_to(sink)
    graph.configure()
    frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(sound).reshape(1, -1), format="flt", layout="mono")
    frame.sample_rate = rate
    frame.pts = 0
    source.push(frame)
    source.push(None)
    measured = SILENCE
    while True:
        try:
            told = sink.pull().metadata  # of everything up to here; a rest shorter than the meter's step says nothing
        except av.error.EOFError:
            return measured
        measured = float(told.get("lavfi.r128.I", measured))
