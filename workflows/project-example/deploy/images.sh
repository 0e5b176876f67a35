#!/bin/sh
# The images of services.yaml, mirrored and built for the slot that ensure_ready.java names in the environment.
set -eu
codexctl images mirror --env "$CODEXCTL_ENV" --namespace "$CODEXCTL_NAMESPACE"
codexctl images build --env "$CODEXCTL_ENV" --namespace "$CODEXCTL_NAMESPACE" --slot "$CODEXCTL_SLOT"
