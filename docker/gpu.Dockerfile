# The gateway on an NVIDIA GPU: speech recognition on the GPU, the language model in a vLLM server of its own (compose.yaml).
# Built from the repository's root:  docker build -f docker/gpu.Dockerfile -t voicegw:gpu .
#
# The base brings what CTranslate2 loads at run time, cuBLAS 12 and cuDNN 9, where the loader finds them; so the extra
# `gpu` of pyproject.toml, which has the same from the Python registry, is not installed here.
FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04

# libgomp1: for a language model of one's own in the gateway's process family (VOICEGW_LLM_MODEL), without vLLM.
# hadolint ignore=DL3008
RUN apt-get update \
    && apt-get install -y --no-install-recommends python3 python3-venv libgomp1 \
    && rm -rf /var/lib/apt/lists/*

ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1

WORKDIR /opt/voicegw

# What is locked, with its hashes, in a layer of its own: it changes seldom.
COPY requirements/run.txt requirements/run.txt
RUN python3 -m venv /opt/venv \
    && pip install --no-cache-dir --disable-pip-version-check --require-hashes --no-deps -r requirements/run.txt

# The program runs from its repository, as it does with `make run`.
COPY . .
RUN pip install --no-cache-dir --disable-pip-version-check --no-deps --no-build-isolation -e .

# Models live in a volume; it is the only place the gateway writes to.
RUN useradd --system --uid 10001 --home-dir /models voicegw && install -d -o voicegw -g voicegw /models
USER 10001
VOLUME /models

# A gateway in a container is reached from outside it, so it wants a key: VOICEGW_API_KEY.
ENV VOICEGW_PROFILE=gpu \
    VOICEGW_HOST=0.0.0.0 \
    VOICEGW_PORT=8080 \
    VOICEGW_MODELS_DIR=/models
EXPOSE 8080

# Ready means that the models are warm. 503 until then makes urlopen raise.
HEALTHCHECK --interval=10s --timeout=5s --start-period=180s --retries=3 \
    CMD ["python3", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8080/readyz?full=ok', timeout=4)"]

STOPSIGNAL SIGTERM
ENTRYPOINT ["voicegw"]
CMD ["serve"]
