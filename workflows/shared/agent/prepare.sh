#!/usr/bin/env bash
# Puts the kubeconfig where only this job can read it and the sources on the agent's branch, and keeps what the later steps ask
# about the run.
source "$(dirname "$0")/github.sh"

main() {
  umask 077
  mkdir -p "$RUNNER_TEMP/agent"
  if [ -n "$KUBECONFIG_CONTENT" ]; then
    kubeconfig >"$RUNNER_TEMP/kubeconfig"
    echo "KUBECONFIG=$RUNNER_TEMP/kubeconfig" >>"$GITHUB_ENV"
  fi
  if [ -n "$RUN" ]; then
    branch=$(jq -r .branch <<<"$RUN")
    if [ -n "$branch" ]; then switch_to "$branch"; fi
    jq -c --arg start "$(git -C src rev-parse HEAD)" --arg base "$(jq -er .repository.default_branch "$GITHUB_EVENT_PATH")" \
      '. + {$start, $base}' <<<"$RUN" >"$RUNNER_TEMP/run.json"
    if [ "$(run_fact .review)" ]; then review_event >"$RUNNER_TEMP/event.json"; fi
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

# The review as GitHub tells it in an event, for prompt_run.java: what was written after the review was sent does not count.
review_event() {
  local pull review
  pull=$(github GET "pulls/$(run_fact .pr)")
  review=$(github GET "pulls/$(run_fact .pr)/reviews/$(run_fact .review)")
  jq -c --argjson pull_request "$pull" --argjson review "$review" \
    '{action: "submitted", $pull_request, $review, repository, sender: $review.user}' "$GITHUB_EVENT_PATH"
}

main
