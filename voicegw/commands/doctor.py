"""`voicegw doctor`: what this machine has, and what is wrong, in plain words."""

import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Literal

import httpx2
import psutil
import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from models.weights.files import ModelStore
from models.weights.manifest import Model, default_manifest
from pipeline.errors import VoiceError
from voicegw.errors import PortTaken
from voicegw.server import bind
from voicegw.settings import Settings, asr_device, config_file, load, refuse_exposure

Verdict = Literal["ok", "note", "wrong"]
COLOURS = {"ok": "green", "note": "yellow", "wrong": "red"}
PACKAGES = ("voicegw", "numpy", "onnxruntime", "ctranslate2", "faster-whisper", "piper-tts", "xllamacpp", "websockets")
GIB = 2**30
NEEDED_MEMORY = 3.0
"""GiB the default profile occupies, the language model's process included."""


@dataclass(frozen=True, slots=True)
class Finding:
    subject: str
    verdict: Verdict
    says: str


def doctor() -> None:
    """Examine this machine. Exit status 1 when something keeps the gateway from working."""
    findings = list(_findings())
    table = Table("", "what", "finding", box=None)
    for finding in findings:
        table.add_row(f"[{COLOURS[finding.verdict]}]{finding.verdict}[/]", finding.subject, escape(finding.says))
    Console().print(table)
    if any(finding.verdict == "wrong" for finding in findings):
        raise typer.Exit(1)


def _findings() -> Iterator[Finding]:
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
    yield from _models(settings)
    yield _port(settings)
    if settings.llm.url:
        yield _language_model(settings.llm.url)


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


def _models(settings: Settings) -> Iterator[Finding]:
    store = ModelStore(settings.models_dir)
    try:
        wanted = default_manifest().profile(settings.profile)
    except VoiceError as error:
        yield Finding("models", "wrong", str(error))
        return
    for model in wanted:
        yield _model(store, model, needed=not (model.role == "llm" and settings.llm.url))
    if not settings.llm.url and not settings.llm.model and "llm" not in {model.role for model in wanted}:
        says = f"the profile {settings.profile} has none: name a server with VOICEGW_LLM_URL"
        yield Finding("language model", "wrong", says)
    place = settings.models_dir
    while not place.exists():
        place = place.parent
    yield Finding("disk", "ok", f"{shutil.disk_usage(place).free / GIB:.1f} GiB free at {settings.models_dir}")


def _model(store: ModelStore, model: Model, *, needed: bool) -> Finding:
    if store.missing(model):
        says = f"not fetched: voicegw models pull {model.id}"
        return Finding(f"model {model.id}", "wrong" if needed else "note", says)
    return Finding(f"model {model.id}", "ok", f"{model.role}, {model.licence}")


def _port(settings: Settings) -> Finding:
    address = f"{settings.host}:{settings.port}"
    try:
        bind(settings.host, settings.port).close()
    except PortTaken as error:
        try:
            answer = httpx2.get(f"http://{address}/readyz", timeout=2)
        except httpx2.HTTPError:
            return Finding("port", "wrong", str(error))
        if "status" in answer.text:
            return Finding("port", "note", f"a voicegw is running on {address}: {answer.json()['status']}")
        return Finding("port", "wrong", str(error))
    return Finding("port", "ok", f"{address} is free")


def _language_model(url: str) -> Finding:
    try:
        answer = httpx2.get(f"{url.rstrip('/')}/models", timeout=5)
    except httpx2.HTTPError as error:
        return Finding("language model", "wrong", f"{url} does not answer ({type(error).__name__}); is it running?")
    return Finding("language model", "ok", f"{url} answers with status {answer.status_code}")
