"""From a GGUF file to a folder that vLLM can serve. Run inside vLLM's own environment, which has transformers.

    python weights.py MODEL.gguf FOLDER

vLLM's CPU build reads no GGUF. What was quantized stays as coarse as it was; it is only written out in full.
"""

import argparse
from pathlib import Path
from typing import Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("gguf", type=Path)
    parser.add_argument("folder", type=Path)
    options = parser.parse_args()
    if (options.folder / "config.json").is_file():
        return  # written last: the folder is whole

    import torch  # type: ignore[import-not-found]
    import transformers  # type: ignore[import-not-found]

    how: dict[str, Any] = {"gguf_file": options.gguf.name}
    tokenizer = transformers.AutoTokenizer.from_pretrained(options.gguf.parent, **how)
    model = transformers.AutoModelForCausalLM.from_pretrained(
        options.gguf.parent,
        dtype=torch.bfloat16,
        quantization_config=transformers.GgufConfig(dequantize=True),
        **how,
    )
    tokenizer.save_pretrained(options.folder)
    model.save_pretrained(options.folder)


if __name__ == "__main__":
    main()
