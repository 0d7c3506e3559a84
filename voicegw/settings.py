"""Every setting of the gateway, and the only reader of its environment.

A setting comes from the environment (`VOICEGW_PORT`, `VOICEGW_LLM_URL`) or from a TOML file (`port`, `[llm] url`); the
environment wins. The file is the one that `VOICEGW_CONFIG` names, else `voicegw.toml` in the working directory, else
the one in the user's configuration folder. An unknown key in either place is refused.
"""

import difflib
import os
from collections.abc import Iterator, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal

from platformdirs import user_config_path, user_data_path
from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, TomlConfigSettingsSource

from voicegw.errors import SettingsError
from voicegw.key import REMEDY, SHORTEST, Key
from voicegw.loopback import is_loopback

PREFIX = "VOICEGW_"
SECRETS = ("key", "secret")
"""How the names of settings end whose values are never shown."""

TUTOR = (
    "You are a warm, patient conversation partner on the phone. Everything you write is spoken aloud, so answer in one "
    "to three short, natural sentences of plain words: no lists, no markdown, no emoji, no code. "
    "Answer in the language you are spoken to, and often end with a short question that keeps the talk going."
)


def _models_dir() -> Path:
    """Raises SettingsError for a user without a home folder, as services and containers may have."""
    try:
        return user_data_path("voicegw") / "models"
    except RuntimeError:
        raise SettingsError(
            f"This user has no home folder to keep models in: set HOME, or {PREFIX}MODELS_DIR to a folder."
        ) from None


ComputeType = Literal[
    "default",
    "auto",
    "int8",
    "int8_float32",
    "int8_float16",
    "int8_bfloat16",
    "int16",
    "float16",
    "bfloat16",
    "float32",
]
"""As CTranslate2 names them; which of them a device can do, it says when the model is loaded."""


class _Group(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class LlmSettings(_Group):
    """The language model. Without a url the embedded llama.cpp server runs it on this machine."""

    url: str | None = Field(None, description="base URL of an OpenAI-compatible server, e.g. http://127.0.0.1:8000/v1")
    model: str | None = Field(None, description="with url: name at that server; without: id from `voicegw models list`")
    api_key: SecretStr | None = Field(None, description="key of that server")
    start_s: float = Field(30.0, gt=0, le=3600, description="longest wait for that server to come up, seconds")
    first_token_s: float = Field(10.0, gt=0, le=300, description="longest wait for the first word, seconds")
    total_s: float = Field(60.0, gt=0, le=3600, description="longest whole answer, seconds")
    max_tokens: int = Field(200, ge=1, le=4096, description="longest answer, tokens")
    temperature: float = Field(0.7, ge=0, le=2)
    threads: int | None = Field(None, ge=1, description="embedded: CPU threads; default: the machine's cores")
    slots: int | None = Field(None, ge=1, le=64, description="embedded: conversations kept in mind; default: max_calls")
    context: int = Field(3072, ge=512, description="embedded: tokens remembered per conversation")


class AsrSettings(_Group):
    """Speech recognition (Whisper)."""

    model: str | None = Field(None, description="id from `voicegw models list`; default: the profile's")
    language: str | None = Field(None, pattern="^[a-z]{2,3}$", description="ISO 639-1 code; default: detected")
    device: Literal["cpu", "cuda"] | None = Field(None, description="default: cuda in the profile gpu, else cpu")
    compute_type: ComputeType | None = Field(None, description="default: float16 on cuda, int8 on cpu")
    threads: int | None = Field(None, ge=1, description="CPU threads; default: the machine's cores")
    deadline_s: float = Field(20.0, gt=0, le=300, description="longest wait for a transcript, seconds")


class TtsSettings(_Group):
    """Speech synthesis (Piper; eSpeak NG for languages without a voice)."""

    voice: str | None = Field(None, description="id of the default voice from `voicegw models list`")
    threads: int | None = Field(None, ge=1, description="CPU threads; default: 1")
    deadline_s: float = Field(20.0, gt=0, le=300, description="longest wait for the sound of one sentence, seconds")


class RtcSettings(_Group):
    """WebRTC. Without servers it works on one machine, in one network, and where the gateway has a public address."""

    stun: str | None = Field(None, description="STUN URLs for callers, with spaces between, e.g. stun:stun.example.org")
    turn: str | None = Field(None, description="TURN URLs for callers, with spaces between, e.g. turn:turn.example.org")
    turn_secret: SecretStr | None = Field(
        None, description="coturn's static-auth-secret; makes credentials for callers"
    )
    turn_ttl_s: int = Field(3600, ge=60, le=86_400, description="seconds that such credentials are good")
    own_addresses: Literal["host", "all"] = Field(
        "host", description="all: the gateway asks these servers for its own addresses too, as it must behind a NAT"
    )
    grace_s: float = Field(20.0, ge=0, le=300, description="longest that a call waits for a caller whose line broke, s")


class Settings(BaseSettings):
    """All of it. `load` is the way to make one."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_nested_delimiter="_", env_nested_max_split=1, extra="forbid", frozen=True
    )

    host: str = Field("127.0.0.1", description="address to listen on; anything but loopback needs api_key")
    port: int = Field(8080, ge=0, le=65535, description="port to listen on; 0 takes a free one")
    api_key: SecretStr | None = Field(
        None, description=f"key that every caller must bring; {SHORTEST} characters at least, except on loopback"
    )
    origins: str | None = Field(
        None,
        pattern=r"^(\*|https?://[^\s/*]+( +https?://[^\s/*]+)*)$",
        description="web pages of other origins that may call, with spaces between, e.g. https://school.example; "
        "* for any, which then need a key",
    )
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    models_dir: Path = Field(default_factory=_models_dir)
    profile: str = Field("default", description="set of models: default, small, or gpu (which needs llm.url)")
    instructions: str = Field(TUTOR, max_length=32_000, description="the tutor's standing orders")
    patience_s: float = Field(2.0, ge=0.6, le=3, description="longest silence in a turn that does not sound complete")
    goodbye_s: float | None = Field(
        300, ge=1, description="time without a word after which the tutor says goodbye and the call ends"
    )
    drain_s: float = Field(
        8.0, ge=0, le=600, description="time for running calls to end, with a spoken goodbye, when the gateway stops, s"
    )
    max_calls: int = Field(4, ge=1, description="calls at the same time; one more is told to try again later")
    max_calls_per_key: int | None = Field(
        None, ge=1, description="calls at the same time with one ephemeral key; default: half of max_calls"
    )
    max_call_minutes: float = Field(60, gt=0, description="longest call")
    batch_jobs: int = Field(
        4, ge=1, description="recordings transcribed over HTTP at the same time, and texts read out; calls go first"
    )
    max_connections: int = Field(512, ge=8, description="connections at the same time; idle ones give way to new ones")
    max_connections_each: int = Field(
        64, ge=4, description="of them, from one address; loopback, where a proxy speaks for many, may have all"
    )
    max_frame_mb: int = Field(22, ge=1, description="largest WebSocket frame; larger ones close the call with 1009")
    llm: LlmSettings = LlmSettings()
    asr: AsrSettings = AsrSettings()
    tts: TtsSettings = TtsSettings()
    rtc: RtcSettings = RtcSettings()

    @property
    def key(self) -> Key | None:
        """What callers must bring; None lets in who is on this machine. Raises SettingsError for a key that is none."""
        return None if self.api_key is None else Key(self.api_key.get_secret_value())

    @classmethod
    def settings_customise_sources(
        cls, settings_cls: type[BaseSettings], init_settings: PydanticBaseSettingsSource, *_: Any, **sources: Any
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        file = config_file(os.environ)
        files = () if file is None else (TomlConfigSettingsSource(settings_cls, toml_file=file),)
        return (init_settings, sources["env_settings"], *files)


def config_file(env: Mapping[str, str]) -> Path | None:
    """The TOML file that applies, None when there is none. Raises SettingsError when a named one is missing."""
    if named := env.get(PREFIX + "CONFIG"):
        if not Path(named).is_file():
            raise SettingsError(f"{PREFIX}CONFIG names {named}, which is not a file; correct it or unset it.")
        return Path(named)
    for folder in _config_folders():
        if (path := folder / "voicegw.toml").is_file():
            return path
    return None


def _config_folders() -> Iterator[Path]:
    yield Path()
    with suppress(RuntimeError):  # no home folder, no settings there
        yield user_config_path("voicegw")


def load(**overrides: Any) -> Settings:
    """Settings from the environment and the file; keyword arguments win over both. Raises SettingsError."""
    _refuse_unknown_variables(os.environ)
    try:
        settings = Settings(**overrides)
    except ValidationError as error:
        raise SettingsError(_sentence(error)) from None
    except ValueError as error:  # the TOML file cannot be read as TOML
        raise SettingsError(f"The settings file {config_file(os.environ)} cannot be read: {error}") from None
    except OSError as error:
        raise SettingsError(f"The settings file {error.filename} cannot be read: {error.strerror}.") from None
    return settings


def refuse_exposure(settings: Settings) -> None:
    """Raises SettingsError for a key that is none, and for a gateway that the world can reach without a good one."""
    key = settings.key
    if is_loopback(settings.host):
        return
    remedy = f"Set one, e.g. {REMEDY}, or listen on 127.0.0.1."
    if key is None:
        raise SettingsError(
            f"Refusing to listen on {settings.host} without a key: anyone who reaches this machine could use it. "
            + remedy
        )
    if key.short:
        raise SettingsError(
            f"Refusing to listen on {settings.host} with a key of fewer than {SHORTEST} characters, "
            f"which could be guessed. {remedy}"
        )


def asr_device(settings: Settings) -> str:
    """Where speech is recognised: as set, else as the profile says."""
    return settings.asr.device or ("cuda" if settings.profile == "gpu" else "cpu")


def variables() -> dict[str, str]:
    """Every environment variable that is understood, with its description."""
    found = {PREFIX + "CONFIG": "path of the settings file"}
    for name, field in Settings.model_fields.items():
        group = field.annotation
        if isinstance(group, type) and issubclass(group, _Group):
            for key, inner in group.model_fields.items():
                found[f"{PREFIX}{name}_{key}".upper()] = inner.description or ""
        else:
            found[f"{PREFIX}{name}".upper()] = field.description or ""
    return found


def _refuse_unknown_variables(env: Mapping[str, str]) -> None:
    known = variables()
    for name in env:
        if name.upper().startswith(PREFIX) and name.upper() not in known:
            near = difflib.get_close_matches(name.upper(), known, n=1)
            hint = f" Did you mean {near[0]}?" if near else " `voicegw settings` lists what there is."
            raise SettingsError(f"The environment variable {name} is not a setting of voicegw.{hint}")


def _sentence(error: ValidationError) -> str:
    problem = error.errors()[0]
    path = ".".join(str(part) for part in problem["loc"])
    if problem["type"] == "extra_forbidden":
        return f"The setting '{path}' is unknown; `voicegw settings` lists what there is."
    got = "" if path.endswith(SECRETS) else f" (got {problem['input']!r})"
    return f"The setting '{path}' is not usable: {problem['msg']}{got}."
