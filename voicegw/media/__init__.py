"""Recordings in and out: any container and codec that FFmpeg knows, and captions."""
