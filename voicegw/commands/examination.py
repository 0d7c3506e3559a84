"""What this machine has, and all that `serve` would refuse to start with: found by the checks of `serve` itself."""

import asyncio
import os
import platform
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import httpx2
import psutil

from models.onnx import check_scratch
from models.registry import EngineChoice, chosen, needed_roles, refuse_language, served_chat
from models.weights.files import ModelStore
from models.weights.manifest import Model, default_manifest
from models.weights.room import ensure_room, free_bytes
from pipeline.errors import OperatorError, VoiceError
from voicegw.app import engine_choice
from voicegw.client.address import located
from voicegw.errors import PortTaken
from voicegw.server import bind
from voicegw.settings import Settings, asr_device, config_file, load, refuse_exposure

Verdict = Literal["ok", "note", "wrong"]
PACKAGES = ("voicegw", "numpy", "onnxruntime", "ctranslate2", "faster-whisper", "piper-tts", "xllamacpp", "websockets")
GIB = 2**30
NEEDED_MEMORY = 3.0
"""GiB the default profile occupies, the language model's process included."""


SERVER_S = 10.0
"""Longest wait for the language model's server; `serve` may wait longer (VOICEGW_LLM_START_S)."""


class Noted(VoiceError):
    """Worth knowing, and nothing that keeps the gateway from working."""


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    verdict: Verdict
    says: str


def findings() -> Iterator[Finding]:
    """One after the other, as they are found; the slow ones come last."""
    yield from _machine()
    yield _packages()
    try:
        settings = load()
        refuse_exposure(settings)
    except VoiceError as error:
        yield Finding("settings", "wrong", str(error))
        return
    yield Finding("settings", "ok", str(config_file(os.environ) or "defaults and environment"))
    yield _gpu(settings)
    choice = engine_choice(settings)
    yield from _models(choice)
    yield _examined("port", lambda: _port(settings))
    if choice.llm_url:
        yield _examined("language model", lambda: _language_model(choice))


def _examined(subject: str, look: Callable[[], str]) -> Finding:
    """What `look` says, which does what `serve` does and raises what `serve` would end with."""
    try:
        return Finding(subject, "ok", look())
    except Noted as note:
        return Finding(subject, "note", str(note))
    except (VoiceError, OSError) as error:
        return Finding(subject, "wrong", str(error))


def _machine() -> Iterator[Finding]:
    good = sys.version_info >= (3, 11)
    yield Finding("Python", "ok" if good else "wrong", f"{platform.python_version()} on {platform.platform()}")
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    few = "" if cores >= 2 else "; answers will be slow with one core"
    yield Finding("processor", "ok" if cores >= 2 else "note", f"{cores} cores, {_processor()}{few}")
    memory = psutil.virtual_memory()
    enough = memory.available >= NEEDED_MEMORY * GIB
    says = f"{memory.available / GIB:.1f} of {memory.total / GIB:.1f} GiB free"
    yield Finding("memory", "ok" if enough else "note", says if enough else f"{says}; the default models need 3 GiB")


def _processor() -> str:
    try:
        with open("/proc/cpuinfo", encoding="utf-8") as lines:  # noqa: PTH123
            return next(line.split(":", 1)[1].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor() or platform.machine()


def _gpu(settings: Settings) -> Finding:
    count = _gpus()
    if count:
        return Finding("GPU", "ok", f"{count} usable by CUDA")
    if asr_device(settings) == "cuda":
        says = (
            "speech recognition is set to run on one, and none can be used: see that nvidia-smi lists it, that cuBLAS "
            "12 and cuDNN 9 are installed (pip install '.[gpu]'), or set VOICEGW_ASR_DEVICE=cpu"
        )
        return Finding("GPU", "wrong", says)
    return Finding("GPU", "note", "none that CUDA can use; everything runs on the processor")


def _gpus() -> int:
    try:
        import ctranslate2

        return int(ctranslate2.get_cuda_device_count())
    except (ImportError, RuntimeError):
        return 0


def _packages() -> Finding:
    found, missing = [], []
    for name in PACKAGES:
        try:
            found.append(f"{name} {version(name)}")
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        return Finding("packages", "wrong", f"not installed: {', '.join(missing)}; run `make setup`")
    return Finding("packages", "ok", ", ".join(found))


def _models(choice: EngineChoice) -> Iterator[Finding]:
    manifest, store = default_manifest(), ModelStore(choice.models_dir)
    try:
        roles = needed_roles(choice, manifest)
    except VoiceError as error:
        yield Finding("models", "wrong", str(error))
        return
    needed: list[Model] = []
    for role in roles:
        try:
            needed.append(chosen(choice, manifest, role))
        except VoiceError as error:
            yield Finding(f"model for {role}", "wrong", str(error))
    for model in needed:
        yield _examined(f"model {model.id}", partial(_model, store, model))
    for model in needed:
        if model.role == "asr":
            yield _examined("language of callers", partial(_language, choice, model))
    for model in manifest.profile(choice.profile):
        if model not in needed and store.missing(model):
            yield Finding(f"model {model.id}", "note", f"not fetched, and not needed: voicegw models pull {model.id}")
    yield _examined("disk", lambda: _disk(store, needed))
    for model in needed:
        if model.role == "asr" and choice.asr_device == "cpu":
            yield _examined("temporary folder", partial(_scratch, store, model))


def _model(store: ModelStore, model: Model) -> str:
    store.require(model)
    if unproven := store.unproven(model):
        names = ", ".join(file.name for file in unproven)
        raise OperatorError(
            f"{names} in {store.folder(model.id)} is damaged: its sha256 is not the one it should have. "
            f"Fetch it again with `voicegw models pull {model.id}`."
        )
    return f"{model.role}, {model.licence}"


def _language(choice: EngineChoice, recognizer: Model) -> str:
    refuse_language(choice, recognizer)
    return choice.asr_language or "detected"


def _disk(store: ModelStore, needed: Sequence[Model]) -> str:
    """Room for what is still to be fetched."""
    missing = sum(file.size for model in needed for file in store.missing(model))
    ensure_room(store.root, missing, free_bytes)
    return f"{free_bytes(store.root) / GIB:.1f} GiB free at {store.root}"


def _scratch(store: ModelStore, model: Model) -> str:
    """Room for the graph that the recognizer is made into at its start, which is smaller than the model itself."""
    folder = store.folder(model.id)
    where = check_scratch(folder, max(file.size for file in model.files))
    return f"{where} takes what is made of {model.id} at the start"


def _port(settings: Settings) -> str:
    address = located(settings.host, settings.port)
    try:
        bind(settings.host, settings.port).close()
    except PortTaken:
        if state := _gateway_there(address):
            raise Noted(f"a voicegw is running on {address}: {state}") from None
        raise
    return f"{address} is free"


def _gateway_there(address: str) -> str | None:
    """What the gateway that has the port says of itself; None when it is some other program."""
    try:
        told = httpx2.get(f"http://{address}/readyz", timeout=2, trust_env=False).json()
    except (httpx2.HTTPError, httpx2.InvalidURL, ValueError):
        return None
    return str(told["status"]) if isinstance(told, dict) and "status" in told else None


def _language_model(choice: EngineChoice) -> str:
    """Asks it as `serve` does, with the key, for an answer of one token."""

    async def ask() -> str:
        chat = served_chat(replace(choice, llm_start_s=min(choice.llm_start_s, SERVER_S)))
        try:
            await chat.start()
            return f"{chat.info.model} at {chat.info.device} answers"
        finally:
            await chat.close()

    return asyncio.run(ask())
