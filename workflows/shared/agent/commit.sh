#!/usr/bin/env bash
# Commits what the agent left uncommitted, the whole tree of it, and takes its commits over: into a bundle for the artifacts,
# and into a repository without any of its settings, from which the next step pushes with the token.
source "$(dirname "$0")/github.sh"

work() { git -C src -c core.hooksPath=/dev/null -c core.fsmonitor=false -c commit.gpgSign=false "$@"; }

main() {
  local commits start
  start=$(run_fact .start)
  work add --all
  if ! work diff --cached --quiet; then
    work -c user.name='github-actions[bot]' -c user.email='41898282+github-actions[bot]@users.noreply.github.com' \
      commit --quiet --message "$(subject)"
  fi
  commits=$(work rev-list --count "$start..HEAD")
  output commits "$commits"
  if [ "$commits" -gt 0 ]; then
    work bundle create --quiet "$RUNNER_TEMP/agent/changes.bundle" "$start..HEAD" HEAD
    git init --quiet --bare "$RUNNER_TEMP/push.git"
    git -C "$RUNNER_TEMP/push.git" fetch --quiet --no-tags "$PWD/src" HEAD:refs/agent/head
  fi
}

subject() {
  if [ "$(run_fact .review)" ]; then
    echo "Answer the review of #$(run_fact .pr)"
  elif [ "$(run_fact .mode)" = repair ]; then
    echo "Repair the environment of issue #$(run_fact .issue)"
  else
    echo "Work on issue #$(run_fact .issue)"
  fi
}

# git names files, and the agent named them.
main 2>&1 | harmless
