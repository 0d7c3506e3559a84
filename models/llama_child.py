"""The process that runs llama.cpp's HTTP server. `child` runs it as a script; it imports nothing of ours.

It writes one line of JSON to its standard output, `{"url": …, "key": …}`, when the model is loaded and the server
answers. It lives until its standard input ends, which also happens when its parent dies, however that dies.
"""

import argparse
import json
import os
import secrets
import sys
from typing import Any


def main() -> None:
    options = _options()
    # llama.cpp may print. What it prints must not get between the parent and the one line meant for it.
    report = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())

    import xllamacpp

    # The port is open to everyone on this machine, web pages in a browser included; the key keeps them out.
    key = secrets.token_urlsafe(24)
    try:
        server = xllamacpp.Server(_params(xllamacpp, options, key))
    except RuntimeError as error:
        sys.exit(f"llama.cpp did not start: {error}")
    with report:
        report.write(json.dumps({"url": server.listening_address, "key": key}) + "\n")
    sys.stdin.buffer.read()
    # Nobody is left to wait for: no destructors, which would first finish what is being generated.
    os._exit(0)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="llama.cpp's server, for the gateway that starts it")
    parser.add_argument("--model", required=True, help="GGUF file")
    parser.add_argument("--name", required=True, help="what the server calls the model")
    parser.add_argument("--threads", type=int, required=True)
    parser.add_argument("--slots", type=int, required=True, help="conversations held at the same time")
    parser.add_argument("--context", type=int, required=True, help="tokens per slot")
    parser.add_argument("--gpu-layers", type=int, required=True)
    return parser.parse_args()


def _params(xllamacpp: Any, options: argparse.Namespace, key: str) -> Any:
    params = xllamacpp.CommonParams()
    params.model.path = options.model
    params.model_alias = {options.name}
    params.n_gpu_layers = options.gpu_layers
    params.cpuparams.n_threads = options.threads
    params.cpuparams_batch.n_threads = options.threads

    params.hostnames = ["127.0.0.1"]
    params.port = 0
    params.api_keys = [key]
    params.cors_origins = ""
    params.ui = False
    params.endpoint_slots = True
    params.endpoint_metrics = True

    # One pool of memory for all slots: a long conversation may use what a short one leaves.
    params.n_parallel = options.slots
    params.kv_unified = True
    params.n_ctx = options.slots * options.context
    # The caller's slot is named in each request (see `slots.py`). Left on, this would empty that slot, as an idle one,
    # whenever another is used, and a slot chosen by name is not filled again: every turn would start from nothing.
    params.cache_idle_slots = False
    params.cache_ram_mib = 0
    # When the oldest messages have left the prompt, what follows them is moved to its new place, not read again: two
    # thirds of a conversation's memory are 20 s of reading at 1.5B. Short likenesses are not worth the inexactness.
    params.n_cache_reuse = 128
    # All conversations wait for one step, and a cancelled one runs to its end. On two cores 64 tokens of a 1.5B model
    # are a second; smaller steps read the prompt more slowly (16: by a fifth), larger ones hardly faster.
    params.n_batch = 64 if options.gpu_layers == 0 else 512
    # Sizes are ours to choose; finding some that fit means loading the model twice.
    params.fit_params = False
    # A caller waits in silence while a model thinks.
    params.enable_reasoning = 0
    return params


if __name__ == "__main__":
    main()
