"""models/vllm_metrics.py: a page as vLLM 0.32 writes it, shortened."""

import pytest

from models.vllm_metrics import VllmMetrics, parse

PAGE = """\
# HELP vllm:num_requests_running Number of requests in model execution batches.
# TYPE vllm:num_requests_running gauge
vllm:num_requests_running{engine="0",model_name="a"} 2.0
vllm:num_requests_running{engine="1",model_name="a"} 1.0
# TYPE vllm:num_requests_waiting gauge
vllm:num_requests_waiting{engine="0",model_name="a"} 4.0
# TYPE vllm:prefix_cache_queries_total counter
vllm:prefix_cache_queries_total{engine="0",model_name="a"} 900.0
# TYPE vllm:prefix_cache_queries_created gauge
vllm:prefix_cache_queries_created{engine="0",model_name="a"} 1.7954110557600992e+09
# TYPE vllm:prefix_cache_hits_total counter
vllm:prefix_cache_hits_total{engine="0",model_name="a"} 512.0
# TYPE vllm:prompt_tokens_total counter
vllm:prompt_tokens_total{engine="0",model_name="a"} 1000.0
# TYPE vllm:generation_tokens_total counter
vllm:generation_tokens_total{engine="0",model_name="a"} 77.0
# TYPE vllm:request_prompt_tokens histogram
vllm:request_prompt_tokens_bucket{engine="0",le="+Inf",model_name="a"} 3.0
vllm:request_prompt_tokens_sum{engine="0",model_name="a"} 1000.0
vllm:request_prompt_tokens_count{engine="0",model_name="a"} 3.0
"""


def test_the_numbers_are_found_and_summed() -> None:
    assert parse(PAGE) == VllmMetrics(3, 4, 1000, 77, 900, 512)


@pytest.mark.parametrize("page", ["", "llamacpp:prompt_tokens_total 5\n", PAGE.replace("prefix_cache_hits", "other")])
def test_another_page_is_refused(page: str) -> None:
    with pytest.raises(ValueError, match="not the metrics page of a vLLM server"):
        parse(page)
