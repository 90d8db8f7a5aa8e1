# The page and the API in a container. Kernels are compiled ahead, the user is not root, and only /tmp is written to.
#
#   docker build --tag lenet5 .
#   docker run --read-only --tmpfs /tmp --publish 8998:8998 --env LENET5_TOKEN=at-least-16-characters lenet5

FROM python:3.11-slim

COPY pyproject.toml README.md LICENSE /src/
COPY src /src/src
RUN pip install --no-cache-dir '/src[serve,pdf,heif]' && rm -rf /src

# The machine code is for the processor that builds. Another kind compiles at its start, and is ready later.
ENV LENET5_CACHE=/opt/lenet5
RUN lenet5 warm reading && chmod -R a+rX /opt/lenet5

USER 65534:65534
WORKDIR /tmp
EXPOSE 8998
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s \
  CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8998/api/v1/ready')"]
ENTRYPOINT ["lenet5", "serve", "--host", "0.0.0.0", "--open-probes", "--read-only", "--access-log", "json"]
