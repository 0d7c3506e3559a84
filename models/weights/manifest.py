"""Which models there are: the typed, frozen view of manifest.toml."""

from importlib import resources
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from models.weights.errors import ManifestError

Role = Literal["vad", "turn", "sentence", "asr", "llm", "tts"]

# Names become folders and files on disk, so they must not be able to lead out of the store.
Name = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*$")]
Package = Annotated[str, Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]*==[0-9][A-Za-z0-9.!+]*$")]
Sha256 = Annotated[str, Meta(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, Meta(gt=0)]


class _Fact(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Immutable, and a misspelt key in the TOML file is refused."""


class Hub(_Fact, frozen=True):
    """Where a model's files lie on the model hub. folder: ends in a slash, or is empty."""

    repo: str
    revision: str
    folder: str = ""


class Part(_Fact, frozen=True):
    """A stretch of a file, carried by a wheel: `member` of the zip that `package` (`name==version`) resolves to."""

    package: Package
    member: str
    size: Size


class ModelFile(_Fact, frozen=True):
    """One file. size: bytes. parts: joined in this order they make the file; empty when no package carries it."""

    name: Name
    size: Size
    sha256: Sha256
    parts: tuple[Part, ...] = ()

    def __post_init__(self) -> None:
        if self.parts and sum(part.size for part in self.parts) != self.size:
            raise ValueError(f"the parts of {self.name} do not add up to its size")


class Model(_Fact, frozen=True):
    """One model. languages: ISO 639-1 codes, `*` for many. hub: None when the hub does not have these bytes.

    also: roles that it can be asked to take besides its own.
    """

    id: Name
    role: Role
    about: str
    licence: str
    languages: tuple[str, ...]
    files: Annotated[tuple[ModelFile, ...], Meta(min_length=1)]
    hub: Hub | None = None
    also: tuple[Role, ...] = ()

    @property
    def size(self) -> int:
        return sum(file.size for file in self.files)


class Manifest(_Fact, frozen=True):
    """All models, and the profiles: sets of them that make a working gateway."""

    models: tuple[Model, ...]
    profiles: dict[str, tuple[str, ...]]

    def __post_init__(self) -> None:
        ids = [model.id for model in self.models]
        if len(set(ids)) != len(ids):
            raise ValueError("two models have the same id")
        for name, members in self.profiles.items():
            for unknown in set(members) - set(ids):
                raise ValueError(f"profile {name} names {unknown}, which is not a model")

    def model(self, model_id: str) -> Model:
        """Raises ManifestError for an id that is not there."""
        for model in self.models:
            if model.id == model_id:
                return model
        raise ManifestError(f"There is no model '{model_id}'. `voicegw models list` shows those there are.")

    def profile(self, name: str) -> tuple[Model, ...]:
        """The models of a profile. Raises ManifestError for a name that is not there."""
        if name not in self.profiles:
            raise ManifestError(f"There is no profile '{name}', only {', '.join(self.profiles)}.")
        return tuple(self.model(model_id) for model_id in self.profiles[name])

    def profiles_of(self, model: Model) -> tuple[str, ...]:
        return tuple(name for name, members in self.profiles.items() if model.id in members)


def parse(text: str, where: str) -> Manifest:
    """The manifest in `text` (TOML). Raises ManifestError that names `where` and the field."""
    try:
        return msgspec.toml.decode(text, type=Manifest)
    except (msgspec.ValidationError, msgspec.DecodeError, ValueError) as error:
        raise ManifestError(f"The model manifest {where} is not usable: {error}.") from error


def default_manifest() -> Manifest:
    """The manifest that ships with this project."""
    return parse(resources.files("models.weights").joinpath("manifest.toml").read_text("utf-8"), "manifest.toml")
