#!/usr/bin/env bash
# Pushes the agent's branch, finds or opens its pull request, records it on the slot, and judges the run.
source "$(dirname "$0")/github.sh"

issue=$(jq -er '.issue.number' "$GITHUB_EVENT_PATH")
base=$(jq -er '.repository.default_branch' "$GITHUB_EVENT_PATH")
work=none pull_request='' refusal=''

main() {
  if [ "$COMMIT" != skipped ]; then
    push
    find_or_open_pull_request
    record_on_slot
  fi
  output report "$(report)"
  judge
}

# No force: a branch that moved meanwhile keeps what it got, and the agent's work goes beside it.
push() {
  if [ "$COMMIT" != success ]; then
    work=failed
  elif [ "$COMMITS" = 0 ]; then
    work=nothing
  elif push_to "$BRANCH" || push_to "$BRANCH-$GITHUB_RUN_ID"; then
    work=pushed
  else
    work=refused
  fi
}

# From the repository that commit.sh made: no setting in the agent's folder has a say where the token goes.
push_to() {
  local url log=$RUNNER_TEMP/push.log
  url=$(git remote get-url origin)
  if with_token git -C "$RUNNER_TEMP/push.git" push "$url" "refs/agent/head:refs/heads/$1" 2>&1 | tee "$log"; then
    BRANCH=$1
  else
    refusal=$(grep -E 'remote:|rejected|fatal:' "$log" | cut_to 1500)
    return 1
  fi
}

# As configuration in the environment: an argument would be visible to every process, a remote would keep the token.
with_token() {
  GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0="http.$GITHUB_SERVER_URL/.extraheader" \
    GIT_CONFIG_VALUE_0="Authorization: Basic $(printf 'x-access-token:%s' "$GITHUB_TOKEN" | base64 -w0)" \
    GIT_TERMINAL_PROMPT=0 "$@"
}

# An agent that did not finish gets its branch pushed, but no pull request is opened in its name.
find_or_open_pull_request() {
  pull_request=$(github GET "pulls?state=open&head=${GITHUB_REPOSITORY_OWNER}:$BRANCH" | jq -c '.[0] // empty') || pull_request=''
  if [ -z "$pull_request" ] && [ "$work" = pushed ] && [ "$AGENT" = success ]; then
    pull_request=$(github POST pulls "$(new_pull_request)") || pull_request=''
  fi
}

new_pull_request() {
  jq -n --arg title "$(jq -r '.issue.title' "$GITHUB_EVENT_PATH")" --arg head "$BRANCH" --arg base "$base" \
    --arg body "Closes #$issue"$'\n\n'"$(message)" '{$title, $head, $base, $body}'
}

record_on_slot() {
  local number
  number=$(jq -r '.number // empty' <<<"$pull_request")
  if [ -n "$number" ] && [ -n "$SLOT" ]; then
    env -u GITHUB_TOKEN jbang ensure_ready.java attach --slot "$SLOT" --pr "$number" >"$RUNNER_TEMP/agent/attach.json" ||
      echo "::warning::pull request $number could not be recorded on slot $SLOT: closing it will not free the slot"
  fi
}

# The agent's last message without the JSON that it ends with for programs.
# shellcheck disable=SC2016 # the backticks are Markdown's
message() {
  if [ -n "$MESSAGE_FILE" ] && [ -f "$MESSAGE_FILE" ]; then
    sed -z 's/\n```json\n[^`]*```[[:space:]]*$//' "$MESSAGE_FILE" | cut_to 48000
  fi
}

# Why it ended so, in prompt_run.java's words.
reason() { jq -r '.reason // empty' "$RUNNER_TEMP/agent/result.json" 2>/dev/null | cut_to 1500; }

# A report that is missing or broken is an environment that is not ready: the missing file reads as {}.
environment() {
  local report
  report=$(jq -c 'objects' "$RUNNER_TEMP/agent/ready.json" 2>/dev/null) || report=''
  jq -c '{ready: (.infraReady == true), outcome: (.outcome // "no report"), namespace: (.namespace // ""),
          summary: (.summary // ""), causes: [.causes[]? | {code, object}][:5]}' <<<"${report:-{\}}"
}

report() {
  jq -cn --arg agent "$AGENT" --arg status "$STATUS" --arg reason "$(reason)" --arg work "$work" --arg branch "$BRANCH" --arg refusal "$refusal" --arg after "$READY_AFTER" \
    --arg pull_request "$(jq -r '.html_url // empty' <<<"$pull_request")" \
    --arg message "$(message)" --argjson environment "$(environment)" '$ARGS.named'
}

# Green means that there is something to look at. A repair may need no commit, but then the environment must be proven ready.
judge() {
  if [ "$work" = failed ] || [ "$work" = refused ]; then
    echo "::error::what the agent changed is not on GitHub ($work); what could be saved is among the artifacts"
    exit 1
  elif [ "$work" = nothing ] && [ "$AGENT" = success ] && [ "$READY_AFTER" != true ]; then
    echo "::error::the agent finished and changed nothing"
    exit 1
  elif [ "$AI_MODE" = plan ] && [ "$AGENT" = success ] && [ -z "$(message)" ]; then
    echo "::error::the agent finished and left no plan"
    exit 1
  fi
}

main
