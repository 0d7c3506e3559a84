"""What `serve` refuses to start with: each with the environment that brings it about and words that must be said.

`serve` ends with the sentence and exit status 1; `doctor` says the same before anybody starts anything.
"""

from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Refusal:
    """env: variables; `{folder}` in their values is an empty folder. files: written into the working directory."""

    name: str
    env: dict[str, str] = field(default_factory=dict)
    parts: tuple[str, ...] = ()
    files: dict[str, str] = field(default_factory=dict)

    def __str__(self) -> str:
        return self.name

    def set_up(self, folder: Path) -> dict[str, str]:
        for name, text in self.files.items():
            (folder / name).write_text(text)
        (folder / "empty").mkdir()
        return {name: value.format(folder=folder / "empty") for name, value in self.env.items()}


REFUSALS = [
    Refusal("unknown variable", {"VOICEGW_PROT": "80"}, ("VOICEGW_PROT", "VOICEGW_PORT?")),
    Refusal("wrong kind of value", {"VOICEGW_MAX_CALLS": "many"}, ("'max_calls'", "many")),
    Refusal("no settings file", {"VOICEGW_CONFIG": "nowhere.toml"}, ("nowhere.toml",)),
    Refusal("unknown key in the file", {}, ("'llm.urll' is unknown",), {"voicegw.toml": "[llm]\nurll = 'x'\n"}),
    Refusal("no TOML", {}, ("voicegw.toml cannot be read",), {"voicegw.toml": "port = = 3"}),
    Refusal("open to the world", {"VOICEGW_HOST": "0.0.0.0"}, ("0.0.0.0", "VOICEGW_API_KEY=")),
    Refusal("empty key", {"VOICEGW_HOST": "0.0.0.0", "VOICEGW_API_KEY": ""},
            ("VOICEGW_API_KEY is set and empty", "openssl rand -hex 24")),
    Refusal("key of spaces", {"VOICEGW_HOST": "0.0.0.0", "VOICEGW_API_KEY": "   \n"},
            ("is set and empty", "openssl rand -hex 24")),
    Refusal("short key", {"VOICEGW_HOST": "::", "VOICEGW_API_KEY": "k" * 15},
            ("16 characters", "openssl rand -hex 24")),
    Refusal("empty key at home", {"VOICEGW_API_KEY": ""}, ("VOICEGW_API_KEY is set and empty",)),
    Refusal("unknown profile", {"VOICEGW_PROFILE": "huge"}, ("profile", "huge", "default")),
    Refusal("unknown voice", {"VOICEGW_TTS_VOICE": "piper-nobody"}, ("piper-nobody", "voicegw models list")),
    Refusal("voice that is none", {"VOICEGW_TTS_VOICE": "whisper-base"}, ("whisper-base", "role asr, not tts")),
    Refusal("unknown recognizer", {"VOICEGW_ASR_MODEL": "whisper-giant"}, ("whisper-giant", "voicegw models list")),
    Refusal("language that nobody speaks", {"VOICEGW_ASR_LANGUAGE": "zz"}, ("whisper-base", "'zz'", "de, el, en")),
    Refusal("language that a small recognizer does not know",
            {"VOICEGW_ASR_LANGUAGE": "fr", "VOICEGW_ASR_MODEL": "whisper-tiny.en"},
            ("whisper-tiny.en", "'fr'", "takes en")),
    Refusal("compute type that is none", {"VOICEGW_ASR_COMPUTE_TYPE": "int3"}, ("'asr.compute_type'", "int8", "int3")),
    Refusal("unknown language model", {"VOICEGW_LLM_MODEL": "gpt-99"}, ("gpt-99", "voicegw models list")),
    Refusal("model not fetched", {"VOICEGW_LLM_MODEL": "qwen2.5-1.5b"}, ("qwen2.5-1.5b", "voicegw models pull")),
    Refusal("no models at all", {"VOICEGW_MODELS_DIR": "{folder}"}, ("voicegw models pull",)),
    Refusal("gpu without a server", {"VOICEGW_PROFILE": "gpu", "VOICEGW_ASR_MODEL": "whisper-base"},
            ("VOICEGW_LLM_URL",)),
    Refusal("URL that is none", {"VOICEGW_LLM_URL": "127.0.0.1:8000"}, ("VOICEGW_LLM_URL", "http://")),
    Refusal("port of the URL", {"VOICEGW_LLM_URL": "http://127.0.0.1:99999/v1"}, ("VOICEGW_LLM_URL",)),
    Refusal("host that is not there", {"VOICEGW_HOST": "nowhere.invalid", "VOICEGW_API_KEY": "k" * 20},
            ("nowhere.invalid", "Name an address of this machine")),
    Refusal("host of another machine", {"VOICEGW_HOST": "192.0.2.7", "VOICEGW_API_KEY": "k" * 20},
            ("192.0.2.7", "Name an address of this machine")),
    Refusal("host that can be no name", {"VOICEGW_HOST": "bücher..example", "VOICEGW_API_KEY": "k" * 20},
            ("bücher..example", "no name of a host", "Name an address of this machine")),
    Refusal("server that is not there", {"VOICEGW_LLM_URL": "http://127.0.0.1:9/v1", "VOICEGW_LLM_START_S": "1"},
            ("127.0.0.1:9", "cannot be reached", "VOICEGW_LLM_URL")),
]  # fmt: skip
