"""What every test may ask for."""

import hypothesis
import pytest

from models.weights.files import ModelStore
from voicegw import settings

# How long an example takes says something about the machine, and nothing about the code.
hypothesis.settings.register_profile("voicegw", deadline=None)
hypothesis.settings.load_profile("voicegw")


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """The real models of this machine; `make test` fetches them first."""
    return ModelStore(settings.load().models_dir)
