"""models/llm_openai.py: finding the server and its model, and saying what is wrong with the settings."""

import json
import logging

import pytest

from models.llm_openai import OpenAIChat
from pipeline.errors import EngineDown, OperatorError
from tests.support.chatting import HASTY, KEY, chatting, deltas, hangs, said
from tests.support.llm_server import Script, answer, llm_server, page


class TestStart:
    @pytest.mark.parametrize("model", [None, "auto"])
    async def test_the_first_model_is_taken_when_none_is_named(self, model: str | None) -> None:
        async with llm_server() as server, chatting(server.url, model) as chat:
            assert chat.info.model == "auto"
            await chat.start()
            assert (chat.info.role, chat.info.model, chat.info.engine) == ("llm", "first", "test")
            assert chat.info.device == "remote"  # the address is nobody else's business

    async def test_it_warms_up_with_one_token(self) -> None:
        async with llm_server() as server, chatting(server.url, "second") as chat:
            await chat.start()
            assert [(seen.body["model"], seen.body["max_tokens"]) for seen in server.seen] == [("second", 1)]

    @pytest.mark.parametrize(("owner", "asked"), [("llamacpp", True), ("vllm", False)])
    async def test_only_who_can_is_asked_how_far_it_is_with_a_prompt(self, owner: str, asked: bool) -> None:
        listing = page(200, json.dumps({"data": [{"id": "m", "owned_by": owner}]}))
        async with llm_server(models=(listing,)) as server, chatting(server.url) as chat:
            await chat.start()
            await deltas(chat)
            assert ("return_progress" in server.seen[-1].body) is asked

    async def test_it_waits_for_a_server_that_is_still_loading(self) -> None:
        listing = page(200, json.dumps({"data": [{"id": "late"}]}))
        async with (
            llm_server(models=(page(503, said("Loading model")), listing)) as server,
            chatting(server.url) as chat,
        ):
            await chat.start()
            assert chat.info.model == "late"

    async def test_a_server_without_a_list_is_good_enough_for_a_named_model(self) -> None:
        async with llm_server(models=(page(404),)) as server, chatting(server.url, "m") as chat:
            await chat.start()
            assert chat.info.model == "m"

    @pytest.mark.parametrize(
        ("models", "chat", "named", "sentence"),
        [
            (page(401), answer(), "m", "refused the key.*VOICEGW_LLM_API_KEY"),
            (page(503), answer(), "m", "cannot be reached .HTTP 503, for 0.4 s"),
            (page(200, "<html>", "text/html"), answer(), "m", "not answer like an OpenAI-compatible server"),
            (
                page(200, "{}", "text/html\r\ncontent-encoding: gzip"),
                answer(),
                "m",
                "cannot be reached .*decompressing",
            ),
            (page(302, "", "text/html\r\nlocation: /login"), answer(), "m", "sends on to another address .HTTP 302"),
            (page(404), answer(), None, "lists no models; name one with VOICEGW_LLM_MODEL"),
            (page(200, '{"data": []}'), answer(), None, "lists no models"),
            (
                page(200, '{"data": [{"id": "a"}, {"id": "b"}]}'),
                page(404, said("unknown")),
                "m",
                "does not know the model 'm'.*It offers: a, b",
            ),
            (page(404), hangs, "m", "did not begin to answer within 0.4 s"),
        ],
    )
    async def test_each_mistake_is_one_sentence(
        self, models: Script, chat: Script, named: str | None, sentence: str
    ) -> None:
        async with (
            llm_server(chat, models=(models,)) as server,
            chatting(server.url, named, KEY, limits=HASTY) as client,
        ):
            with pytest.raises(OperatorError, match=sentence) as caught:
                await client.start()
            assert server.url in str(caught.value)
            assert KEY not in str(caught.value)

    async def test_nobody_there(self) -> None:
        async with chatting("http://127.0.0.1:9", limits=HASTY) as chat:
            with pytest.raises(OperatorError, match=r"127.0.0.1:9/v1 cannot be reached \(.*correct VOICEGW_LLM_URL"):
                await chat.start()


class TestAddress:
    @pytest.mark.parametrize("url", ["127.0.0.1:8000", "ftp://host/v1", "http://", "", "http://host:port/v1"])
    def test_what_is_no_url_is_refused(self, url: str) -> None:
        with pytest.raises(OperatorError, match="VOICEGW_LLM_URL"):
            OpenAIChat(url)

    @pytest.mark.parametrize("path", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
    async def test_the_path_may_be_left_out(self, path: str) -> None:
        async with llm_server() as server, chatting(server.url.removesuffix("/v1") + path, "m") as chat:
            await deltas(chat)
            assert server.seen[0].path == "/v1/chat/completions"

    async def test_another_path_is_kept(self) -> None:
        async with llm_server() as server, chatting(server.url.removesuffix("/v1") + "/api/v3", "m") as chat:
            await deltas(chat)
            assert server.seen[0].path == "/api/v3/chat/completions"

    async def test_a_password_is_used_and_never_shown(self, caplog: pytest.LogCaptureFixture) -> None:
        caplog.set_level(logging.DEBUG)
        async with llm_server(page(500)) as server, chatting(server.url.replace("//", "//ann:hush@"), "m") as chat:
            with pytest.raises(EngineDown) as caught:
                await deltas(chat)
            assert server.seen[0].headers["authorization"] == "Basic YW5uOmh1c2g="
            assert "hush" not in str(caught.value) + str(chat.info) + caplog.text
