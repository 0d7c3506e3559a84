"""The OpenAI Realtime protocol without any I/O: frames in, commands out; notices in, events out."""
