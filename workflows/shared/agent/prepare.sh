#!/usr/bin/env bash
# Puts the sources on the agent's branch, and the kubeconfig where only this job can read it.
source "$(dirname "$0")/github.sh"

main() {
  umask 077
  mkdir -p "$RUNNER_TEMP/agent"
  if [ -n "$KUBECONFIG_CONTENT" ]; then
    kubeconfig >"$RUNNER_TEMP/kubeconfig"
    output kubeconfig "$RUNNER_TEMP/kubeconfig"
  fi
  if [ "$SOURCES" = true ]; then
    if [ -n "$BRANCH" ]; then switch_to "$BRANCH"; fi
    output start "$(git -C src rev-parse HEAD)"
  fi
}

# In base64, because GitHub masks every line of a secret: a line "kind: Config" would blank out half of the log and the outputs.
kubeconfig() { base64 --decode <<<"$KUBECONFIG_CONTENT" 2>/dev/null || printf '%s\n' "$KUBECONFIG_CONTENT"; }

switch_to() {
  if git -C src rev-parse --quiet --verify "refs/remotes/origin/$1" >/dev/null; then
    git -C src switch --quiet --force-create "$1" --track "origin/$1"
  else
    git -C src switch --quiet --force-create "$1"
  fi
}

main
