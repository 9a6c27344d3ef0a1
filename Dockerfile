# Two stages: one builds script, style, fonts and the virtual environment; the other runs them as nobody special.
# The system's packages come from the same script that make and CI use.
ARG BASE=python:3.12-slim-bookworm

FROM ${BASE} AS build
WORKDIR /opt/svarboks
COPY scripts/ scripts/
COPY requirements/ requirements/
RUN python -m venv /opt/venv \
 && /opt/venv/bin/pip install --no-cache-dir --require-hashes -r requirements/dev.txt
COPY . .
RUN scripts/build-assets.sh /opt/venv/bin/python \
 && /opt/venv/bin/pip wheel --no-cache-dir --no-deps --no-build-isolation --wheel-dir /opt/wheel . \
 && python -m venv --clear /opt/run \
 && /opt/run/bin/pip install --no-cache-dir --require-hashes -r requirements/run.txt \
 && /opt/run/bin/pip install --no-cache-dir --no-deps /opt/wheel/*.whl \
 && /opt/venv/bin/python scripts/sbom.py /opt/run/share/doc/svarboks/sbom.cdx.json

FROM ${BASE}
COPY scripts/system-packages.sh /tmp/system-packages.sh
RUN /tmp/system-packages.sh run && rm -rf /tmp/system-packages.sh /var/lib/apt/lists/*
# Two users: the web server keeps what is sealed; only the scheduler can read the keys that open it.
# They share the group that owns the data folder.
RUN groupadd --system svarboks \
 && useradd --system --gid svarboks --home-dir /nonexistent --shell /usr/sbin/nologin web \
 && useradd --system --gid svarboks --home-dir /nonexistent --shell /usr/sbin/nologin keys \
 && install -d -o web -g svarboks -m 2770 /data \
 && install -d -o keys -g svarboks -m 0700 /keys
COPY --from=build /opt/run /opt/run
ENV PATH=/opt/run/bin:$PATH SVARBOKS_DATA=/data SVARBOKS_KEYS=/keys PORT=8080 SVARBOKS_HOST=0.0.0.0 PYTHONUNBUFFERED=1
USER web
VOLUME ["/data", "/keys"]
EXPOSE 8080
HEALTHCHECK --interval=30s --timeout=5s --start-period=20s \
  CMD ["python", "-c", "import os, urllib.request as u; u.urlopen('http://localhost:' + os.environ['PORT'] + '/healthz', timeout=4)"]
CMD ["svarboks", "serve"]
