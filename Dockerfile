# Coolant in an image of its own: one static binary, no shell, not root.
#
#     docker build --build-arg VERSION=$(git describe --tags --always) -t coolant .
#     docker run -d --name coolant --read-only -v coolant:/data -p 8883:8883 -p 127.0.0.1:8080:8080 -e COOLANT_HTTP_PUBLIC=all coolant
#
# e2e/container_test.go reads this file and runs what the last stage holds.

# The page is the same for every platform, so it is built on the builder's own.
FROM --platform=$BUILDPLATFORM node:22-bookworm-slim AS page
WORKDIR /src
COPY web/package.json web/package-lock.json web/.npmrc web/
RUN cd web && npm ci --no-audit --no-fund
COPY web web
COPY internal/api/openapi.json internal/api/openapi.json
RUN cd web && npm run build

# Go builds for every platform on the builder's own, without emulation.
FROM --platform=$BUILDPLATFORM golang:1.26-bookworm AS build
ARG TARGETOS
ARG TARGETARCH
ARG TARGETVARIANT
ARG VERSION=dev
ENV CGO_ENABLED=0
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
COPY --from=page /src/web/dist web/dist
RUN GOOS=$TARGETOS GOARCH=$TARGETARCH GOARM=${TARGETVARIANT#v} go build -trimpath -buildvcs=false -tags ui -ldflags "-s -w -buildid= -X main.version=$VERSION" -o /out/coolant ./cmd/coolant
RUN mkdir -p /out/data

FROM scratch
ARG VERSION=dev
LABEL org.opencontainers.image.title="Coolant" \
      org.opencontainers.image.description="Liquid-cooling monitor and controller" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="$VERSION"
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY deploy/docker/passwd deploy/docker/group /etc/
COPY LICENSE /usr/share/licenses/coolant/LICENSE
# A new named volume takes its owner and mode from here.
COPY --from=build --chown=65532:65532 /out/data /data
COPY --from=build /out/coolant /usr/local/bin/coolant
ENV PATH=/usr/local/bin \
    COOLANT_DATA=/data \
    COOLANT_MQTT_ADDR=
USER 65532:65532
VOLUME ["/data"]
EXPOSE 8080 8883
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=30s --timeout=6s --start-period=30s --retries=3 CMD ["/usr/local/bin/coolant", "healthcheck"]
ENTRYPOINT ["/usr/local/bin/coolant"]
CMD ["serve"]
