#!/usr/bin/env bash
# Commits what the agent left uncommitted, the whole tree of it, and bundles its commits: the push works on the bundle.
source "$(dirname "$0")/github.sh"

issue=$(jq -er '.issue.number' "$GITHUB_EVENT_PATH")
work() { git -C src -c core.hooksPath=/dev/null -c core.fsmonitor=false -c commit.gpgSign=false "$@"; }

main() {
  work add --all
  if ! work diff --cached --quiet; then
    work -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
      commit --quiet --message "$(subject)"
  fi
  output commits "$(work rev-list --count "$START..HEAD")"
  if [ "$(work rev-list --count "$START..HEAD")" -gt 0 ]; then
    work bundle create --quiet "$RUNNER_TEMP/agent/changes.bundle" "$START..HEAD" HEAD
  fi
}

subject() {
  if [ "$AI_MODE" = repair ]; then
    echo "Repair the environment of issue #$issue"
  else
    echo "Work on issue #$issue"
  fi
}

main
