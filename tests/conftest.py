"""What every test may ask for."""

import pytest

from models.weights.files import ModelStore
from voicegw import settings


@pytest.fixture(scope="session")
def model_store() -> ModelStore:
    """The real models of this machine; `make test` fetches them first."""
    return ModelStore(settings.load().models_dir)
