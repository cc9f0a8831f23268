# The full version and the release of Debian, so that a build tomorrow starts from the same Python. A site that
# mirrors images adds the digest that its own registry shows for this tag.
FROM python:3.11.15-slim-bookworm AS build
# Byte code is compiled here because the service may not write into its image.
ENV UV_COMPILE_BYTECODE=1 \
    UV_PROJECT_ENVIRONMENT=/opt/spine-mets \
    UV_PYTHON=/usr/local/bin/python3
RUN pip install --no-cache-dir uv==0.13.8
WORKDIR /src
COPY pyproject.toml uv.lock ./
RUN uv sync --frozen --no-dev --no-install-project
COPY LICENSE NOTICE README.md ./
COPY app ./app
COPY cds_hooks ./cds_hooks
RUN uv sync --frozen --no-dev --no-editable

FROM python:3.11.15-slim-bookworm
COPY --from=build /opt/spine-mets /opt/spine-mets
# The only place that is written to: the root of the container can be read-only. Feedback and decisions are kept
# here, unless SPINE_METS_DATABASE names a PostgreSQL; in spool decisions wait for the database, and heads is for
# SPINE_METS_AUDIT_HEADS: mount volumes to keep them, heads on another one than the database.
RUN install -d -m 1777 /var/lib/spine-mets /var/lib/spine-mets/spool /var/lib/spine-mets/heads
# Outside the demo profile the service starts only where SPINE_METS_AUTHENTICATION says who authenticates
# every caller, a gateway in front or the service itself. Only whoever runs the image can know that, so the
# image must not claim it. docs/operations.md lists what else has to be set.
ENV PATH=/opt/spine-mets/bin:$PATH \
    SPINE_METS_PROFILE=service \
    SPINE_METS_HOST=0.0.0.0 \
    SPINE_METS_PORT=8000 \
    SPINE_METS_DATABASE=sqlite:////var/lib/spine-mets/spine-mets.db \
    SPINE_METS_AUDIT_SPOOL=/var/lib/spine-mets/spool
VOLUME ["/var/lib/spine-mets"]
USER 10001:10001
EXPOSE 8000
# http.client, not urllib: a proxy set for the container must not be asked about the container itself.
HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import http.client, os; c = http.client.HTTPConnection('127.0.0.1', int(os.environ['SPINE_METS_PORT']), timeout=2); c.request('GET', '/health/live'); raise SystemExit(c.getresponse().status != 200)"]
ENTRYPOINT ["spine-mets"]
CMD ["serve"]
