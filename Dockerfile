# Avatar Backend: builds everything from source, then ships a tree of files without a distribution.
#   docker build -t avatar-backend .                  with the default models
#   docker build -t avatar-backend --target base .    without: mount them at /app/models
#   docker run --rm --read-only -p 8080:8080 avatar-backend
# The same image runs on Cloud Run ($PORT) and as a Lambda function (AWS_LAMBDA_RUNTIME_API).
# A tag moves. To build on the same base each time, name its digest:
#   docker build --build-arg SWIFT_IMAGE=swift:6.3-bookworm@sha256:… .
ARG SWIFT_IMAGE=swift:6.3-bookworm

FROM ${SWIFT_IMAGE} AS build
SHELL ["/bin/bash", "-euo", "pipefail", "-c"]
WORKDIR /src

# Libraries and models: made again only when their recipes change.
COPY scripts/setup scripts/setup
COPY scripts/lib scripts/lib
COPY scripts/native scripts/native
COPY scripts/models scripts/models
RUN scripts/setup && rm -rf /root/.cache/avatar-backend

# What the program opens by name; as the loader asks for them, without links.
RUN mkdir -p /out/lib/ggml /out/models \
    && cp -L .deps/lib/libwhisper.so.1 .deps/lib/libggml.so.0 .deps/lib/libggml-base.so.0 \
        .deps/lib/libonnxruntime.so.1 .deps/lib/libcurl.so.4 /out/lib/ \
    && cp -L .deps/lib/ggml/*.so /out/lib/ggml/ \
    && cp -RL .deps/models/. /out/models/ \
    && chmod -R a+rX,go-w /out

COPY Package.swift Package.swift
COPY Sources Sources
# The manifest names the test targets, so their folders must be there.
COPY Tests Tests
RUN swift build -c release --product avatar-backend \
    && install -D .build/release/avatar-backend /out/bin/avatar-backend

# The loader, the C library and whatever else ours are linked to, where the loader looks for them;
# the certificates, a user without rights, and a /tmp. Times are levelled, so that a layer whose
# files are the same stays the same.
RUN mkdir -p /out/system/etc/ssl/certs /out/system/tmp; \
    find /out/bin /out/lib -type f -exec ldd {} + \
        | awk '$2 == "=>" && $3 ~ /^\// { print $3 } $1 ~ /^\/lib/ && $1 !~ /:$/ { print $1 }' \
        | grep -vE '^/(src|out)/' | sort -u \
        | while read -r library; do install -D "$library" "/out/system$library"; done; \
    cp -L /etc/ssl/certs/ca-certificates.crt /out/system/etc/ssl/certs/; \
    echo 'avatar:x:65532:65532::/tmp:/sbin/nologin' > /out/system/etc/passwd; \
    echo 'avatar:x:65532:' > /out/system/etc/group; \
    chmod 1777 /out/system/tmp; \
    find /out -exec touch -h -d @0 {} +

# What both images share, from what changes least to what changes most: new code ships the last
# layer alone.
FROM scratch AS libraries
LABEL org.opencontainers.image.title="Avatar Backend" \
      org.opencontainers.image.description="Speech to text, text to speech and talking portraits over HTTP"
COPY --from=build /out/system/ /
COPY --from=build /out/lib/ /app/lib/
ENV PORT=8080 LOG_LEVEL=INFO SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/app/bin/avatar-backend", "health"]
ENTRYPOINT ["/app/bin/avatar-backend"]

FROM libraries AS base
COPY --from=build /out/bin/ /app/bin/

FROM libraries AS slim
COPY --from=build /out/models/ /app/models/
COPY --from=build /out/bin/ /app/bin/
