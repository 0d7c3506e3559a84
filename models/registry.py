"""From a choice of models to engines: the one place that knows which class serves which role."""

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from models.asr_whisper import WhisperRecognizer
from models.blas import calm_blas
from models.chat_limits import ChatLimits
from models.echo import PhaseCorrelation
from models.llama_server import EmbeddedServer
from models.llm_embedded import EmbeddedChat
from models.llm_openai import OpenAIChat
from models.sentence_llama import LlamaSentences
from models.tts_espeak import EspeakSynthesizer
from models.tts_piper import PiperSynthesizer
from models.turn_smart import SmartTurn
from models.vad_silero import SileroVad
from models.voices import Voices
from models.weights.errors import ManifestError
from models.weights.files import ModelStore
from models.weights.manifest import Manifest, Model, Role, default_manifest
from pipeline.engines import Engines, SentenceDetector
from pipeline.errors import OperatorError

log = logging.getLogger(__name__)

SENTENCE_CONTEXT = 512
"""Tokens of a turn and what was said before it that the sentence model can hold; the text is cut to fit."""
MOST_SLOTS = 64
"""Of the embedded language model. A machine that answers more callers at once has a server of its own for it."""


@dataclass(frozen=True, slots=True)
class EngineChoice:
    """Which models, and how they run. None: the profile's model, or as many threads as there are cores (one for speech,
    which is quickest there).

    Times in seconds. llm_url: of an OpenAI-compatible server that is used in place of the embedded one.
    llm_slots: conversations that the embedded one keeps in mind; as many as calls are admitted. llm_context: tokens of
    each. Together they are memory: a token takes 28 KiB with Qwen 1.5B, 12 KiB with 0.5B.
    """

    models_dir: Path
    profile: str = "default"
    llm_url: str | None = None
    llm_model: str | None = None
    llm_key: str | None = None
    llm_start_s: float = 30.0
    llm_first_token_s: float = 10.0
    llm_total_s: float = 60.0
    llm_max_tokens: int = 200
    llm_temperature: float = 0.7
    llm_threads: int | None = None
    llm_slots: int = 4
    llm_context: int = 3072
    asr_model: str | None = None
    asr_device: str = "cpu"
    asr_compute_type: str = "int8"
    asr_language: str | None = None
    asr_threads: int | None = None
    asr_deadline_s: float = 20.0
    tts_voice: str | None = None
    tts_threads: int | None = None
    tts_deadline_s: float = 20.0


def needed_roles(choice: EngineChoice, manifest: Manifest) -> tuple[Role, ...]:
    """The roles that a model on this machine must fill. Raises ManifestError for a profile that is not there."""
    sentence: tuple[Role, ...] = ("sentence",)
    has_one = any(model.role == "sentence" for model in manifest.profile(choice.profile))
    embedded: tuple[Role, ...] = () if choice.llm_url else ("llm",)
    return ("vad", "asr", *embedded, "tts", "turn", *(sentence if has_one else ()))


def chosen(choice: EngineChoice, manifest: Manifest, role: Role) -> Model:
    """The model for a role: the one that is named, else the profile's.

    Raises ManifestError when it is unknown, for another role, or when the profile has none.
    """
    named: dict[Role, str | None] = {"asr": choice.asr_model, "llm": choice.llm_model, "tts": choice.tts_voice}
    return _model(manifest, choice.profile, role, named.get(role))


def build_engines(choice: EngineChoice, manifest: Manifest | None = None) -> Engines:
    """Engines that are not started yet. Raises OperatorError when a model is unknown, or its files are not there."""
    calm_blas()
    manifest = manifest or default_manifest()
    store = ModelStore(choice.models_dir)
    store.prove(manifest.profile(choice.profile))

    refuse_language(choice, chosen(choice, manifest, "asr"))

    def folder(role: Role) -> Path:
        return store.require(chosen(choice, manifest, role))

    cores = usable_cores()
    chat = served_chat(choice) if choice.llm_url else _embedded_chat(choice, manifest, store, cores)
    return Engines(
        vad=SileroVad(folder("vad")),
        recognizer=WhisperRecognizer(
            folder("asr"),
            device=choice.asr_device,
            compute_type=choice.asr_compute_type,
            cpu_threads=choice.asr_threads or cores,
            deadline_s=choice.asr_deadline_s,
        ),
        chat=chat,
        synthesizer=Voices(
            PiperSynthesizer(
                _voices(choice, manifest, store), threads=choice.tts_threads or 1, deadline_s=choice.tts_deadline_s
            ),
            EspeakSynthesizer(deadline_s=choice.tts_deadline_s),
        ),
        turn_detector=SmartTurn(folder("turn")),
        echo_detector=PhaseCorrelation(),
        sentence_detector=_sentences(choice, manifest, store, chat),
    )


def refuse_language(choice: EngineChoice, recognizer: Model) -> None:
    """Raises OperatorError for a language that the recognizer does not know."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES as WHISPER_LANGUAGES

    known = WHISPER_LANGUAGES if recognizer.languages == ("*",) else recognizer.languages
    if choice.asr_language is not None and choice.asr_language not in known:
        raise OperatorError(
            f"The model {recognizer.id} does not know the language '{choice.asr_language}'; "
            f"VOICEGW_ASR_LANGUAGE takes {', '.join(sorted(known))}, or unset it."
        )


def served_chat(choice: EngineChoice) -> OpenAIChat:
    """The language model at `llm_url`. Raises OperatorError for a URL that is none."""
    assert choice.llm_url
    return OpenAIChat(
        choice.llm_url, choice.llm_model, choice.llm_key, limits=_limits(choice), temperature=choice.llm_temperature
    )


def _embedded_chat(choice: EngineChoice, manifest: Manifest, store: ModelStore, cores: int) -> EmbeddedChat:
    model = chosen(choice, manifest, "llm")
    server = EmbeddedServer(
        store.require(model) / model.files[0].name,
        threads=choice.llm_threads or cores,
        slots=min(choice.llm_slots, MOST_SLOTS),
        context=choice.llm_context,
    )
    return EmbeddedChat(server, limits=_limits(choice), temperature=choice.llm_temperature)


def _limits(choice: EngineChoice) -> ChatLimits:
    return ChatLimits(
        start_s=choice.llm_start_s,
        first_token_s=choice.llm_first_token_s,
        total_s=choice.llm_total_s,
        max_tokens=choice.llm_max_tokens,
    )


def _sentences(
    choice: EngineChoice, manifest: Manifest, store: ModelStore, chat: OpenAIChat | EmbeddedChat
) -> SentenceDetector | None:
    """The language model itself, where it is one that can say; None for a profile that does without."""
    if isinstance(chat, EmbeddedChat) and "sentence" in chosen(choice, manifest, "llm").also:
        return chat
    if "sentence" not in needed_roles(choice, manifest):
        return None
    model = chosen(choice, manifest, "sentence")
    # One thread: what it says is needed soon, but what the others are busy with is needed sooner.
    gguf = store.require(model) / model.files[0].name
    return LlamaSentences(EmbeddedServer(gguf, threads=1, slots=choice.llm_slots, context=SENTENCE_CONTEXT))


def _voices(choice: EngineChoice, manifest: Manifest, store: ModelStore) -> dict[str, Path]:
    """Folder of each neural voice by its name: the chosen one, then all others that happen to be installed."""
    default = chosen(choice, manifest, "tts")
    installed = [model for model in manifest.models if model.role == "tts" and not store.missing(model)]
    others = [model for model in installed if model != default and _whole(store, model)]
    return {model.id.removeprefix("piper-"): store.require(model) for model in (default, *others)}


def _whole(store: ModelStore, model: Model) -> bool:
    """A voice that nobody chose may be damaged: then there is one less."""
    if store.unproven(model):
        log.warning("the voice %s is damaged, and not offered; `voicegw models pull %s` repairs it", model.id, model.id)
        return False
    return True


def _model(manifest: Manifest, profile: str, role: Role, wanted: str | None) -> Model:
    """The model for a role: the wanted one, else the profile's."""
    if wanted is None:
        for model in manifest.profile(profile):
            if model.role == role:
                return model
        raise ManifestError(f"The profile '{profile}' has no model for the role {role}{_NAMED_BY.get(role, '.')}")
    model = manifest.model(wanted)
    if role not in (model.role, *model.also):
        raise ManifestError(f"The model '{wanted}' is for the role {model.role}, not {role}.")
    return model


_NAMED_BY: Final[dict[Role, str]] = {
    "asr": ": name one with VOICEGW_ASR_MODEL.",
    "llm": ": name a server with VOICEGW_LLM_URL, or one of `voicegw models list` with VOICEGW_LLM_MODEL.",
    "tts": ": name one with VOICEGW_TTS_VOICE.",
}


def usable_cores() -> int:
    """Cores this process may use: fewer than the machine's in a container."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
