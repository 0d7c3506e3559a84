"""Opening ONNX models: where the file is, and how many cores it may use."""

import os
from pathlib import Path
from tempfile import NamedTemporaryFile, gettempdir
from typing import TYPE_CHECKING

from pipeline.errors import OperatorError

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

REMEDY = "Run `voicegw models verify` to see what is wrong and `voicegw models pull` to fetch it."


def onnx_file(folder: Path) -> Path:
    """The one `*.onnx` file of a model's folder. Raises OperatorError when there is none, or more than one."""
    found = sorted(folder.glob("*.onnx"))
    if not found:
        raise OperatorError(f"There is no *.onnx file in {folder}. {REMEDY}")
    if len(found) > 1:
        names = ", ".join(path.name for path in found)
        raise OperatorError(f"There must be one *.onnx file in {folder}, but there are {names}. Keep the one you want.")
    return found[0]


def open_session(path: Path, *, threads: int, graph: bytes | None = None, hoard: bool = True) -> "InferenceSession":
    """A session on the CPU that uses `threads` cores while it runs and none while it waits.

    graph: what was made of the file, to be run in its place. hoard: keep the memory of one run for the next, which is
    as much as the largest ever needed. Raises OperatorError when the file cannot be loaded.
    """
    if graph is not None:
        # Of a graph that it is given onnxruntime keeps a copy as long as the session lives; of a file it does not.
        try:
            with NamedTemporaryFile(suffix=".onnx") as file:
                file.write(graph)
                file.flush()
                return _session(path, Path(file.name), threads, hoard)
        except OSError as error:
            raise no_scratch(path, len(graph), error) from error
    return _session(path, path, threads, hoard)


def check_scratch(path: Path, size: int) -> str:
    """Whether so many bytes made of `path` fit in the temporary folder; where that is. Raises OperatorError."""
    try:
        with NamedTemporaryFile(suffix=".onnx") as file:
            os.posix_fallocate(file.fileno(), 0, size)
    except OSError as error:
        raise no_scratch(path, size, error) from error
    return gettempdir()


def no_scratch(path: Path, size: int, error: OSError) -> OperatorError:
    return OperatorError(
        f"{size / 1e6:.0f} MB made of {path} cannot be written to a temporary folder ({error}). "
        "Make room there, or set TMPDIR to a folder that has some."
    )


def _session(path: Path, file: Path, threads: int, hoard: bool) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.enable_cpu_mem_arena = hoard
    # Threads that spin between two operators take the cores that the language model needs at the same moment.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    try:
        return onnxruntime.InferenceSession(str(file), options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's errors have no common base but Exception
        raise OperatorError(f"{path} is not a model that can be loaded ({error}). {REMEDY}") from error
