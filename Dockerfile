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
# --build-arg SETUP=--c2pa brings what signs and verifies Content Credentials too (23 MB).
ARG SETUP=""
RUN scripts/setup ${SETUP} && rm -rf /root/.cache/avatar-backend

RUN scripts/lib/image_tree libraries /out

COPY Package.swift Package.swift
COPY Sources Sources
# The manifest names the test targets, so their folders must be there.
COPY Tests Tests
RUN swift build -c release --product avatar-backend \
    && scripts/lib/image_tree program /out

# What both images share, from what changes least to what changes most: new code ships the last two
# layers alone, the list of parts and the program.
FROM scratch AS libraries
COPY --from=build /out/system/ /
COPY --from=build /out/app/lib/ /app/lib/
# Large pages for large blocks, where the kernel lets programs ask for them: loading all models takes
# a tenth less time, and no more memory.
ENV PORT=8080 LOG_LEVEL=INFO SSL_CERT_FILE=/etc/ssl/certs/ca-certificates.crt \
    GLIBC_TUNABLES=glibc.malloc.hugetlb=1
USER 65532:65532
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=5s --start-period=5s --retries=3 \
    CMD ["/app/bin/avatar-backend", "health"]
ENTRYPOINT ["/app/bin/avatar-backend"]
# scripts/image says which commit it is and where that lies. Lambda may keep a snapshot of the
# process: it makes anew what must not be the same in two copies.
ARG SOURCE="" REVISION="" VERSION="" CREATED=""
LABEL org.opencontainers.image.title="Avatar Backend" \
      org.opencontainers.image.description="Speech to text, text to speech and talking portraits over HTTP" \
      org.opencontainers.image.source="${SOURCE}" \
      org.opencontainers.image.revision="${REVISION}" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.created="${CREATED}" \
      org.opencontainers.image.licenses="Apache-2.0 AND MIT AND BSD-2-Clause AND BSD-3-Clause AND LGPL-2.1-or-later AND LGPL-2.0-or-later" \
      com.amazonaws.lambda.feature.snapstart="Allow"

FROM libraries AS base
COPY --from=build /out/licences/base/ /app/licences/
COPY --from=build /out/app/bin/ /app/bin/

FROM libraries AS slim
COPY --from=build /out/app/models/ /app/models/
COPY --from=build /out/licences/slim/ /app/licences/
COPY --from=build /out/app/bin/ /app/bin/
