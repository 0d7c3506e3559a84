"""What vLLM's /metrics page says about its work, in the few numbers that matter to a gateway."""

from dataclasses import dataclass

from prometheus_client.parser import text_string_to_metric_families


@dataclass(frozen=True, slots=True)
class VllmMetrics:
    """Sums over the models and engines of one server; counters since its start.

    running, waiting: answers being generated, and in its queue, at this moment.
    prompt_tokens, generated_tokens: read and written. cache_queries, cache_hits: tokens of prompts that were looked up
    in the prefix cache, and found there (whole blocks of 16).
    """

    running: int
    waiting: int
    prompt_tokens: int
    generated_tokens: int
    cache_queries: int
    cache_hits: int


SAMPLES = {
    "vllm:num_requests_running": "running",
    "vllm:num_requests_waiting": "waiting",
    "vllm:prompt_tokens_total": "prompt_tokens",
    "vllm:generation_tokens_total": "generated_tokens",
    "vllm:prefix_cache_queries_total": "cache_queries",
    "vllm:prefix_cache_hits_total": "cache_hits",
}


def parse(page: str) -> VllmMetrics:
    """The numbers in a page of Prometheus' text format. Raises ValueError for another page."""
    sums: dict[str, float] = {}
    for family in text_string_to_metric_families(page):
        for sample in family.samples:
            if name := SAMPLES.get(sample.name):
                sums[name] = sums.get(name, 0.0) + sample.value
    if missing := [sample for sample, name in SAMPLES.items() if name not in sums]:
        raise ValueError(f"this is not the metrics page of a vLLM server: {', '.join(missing)} is missing")
    return VllmMetrics(**{name: int(value) for name, value in sums.items()})
