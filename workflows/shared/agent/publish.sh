#!/usr/bin/env bash
# Pushes the agent's branch, finds or opens its pull request, records it on the slot, and judges the run.
source "$(dirname "$0")/github.sh"

work=none pull_request='' refusal='' draft=false mode='' issue='' branch='' review='' status=''

main() {
  facts
  if [ "$COMMIT" != skipped ] && [ "$mode" != plan ] && [ -n "$mode" ]; then
    push
    find_or_open_pull_request
    record_on_slot
  fi
  output report "$(report)"
  judge
}

# Without them the job ended before its sources were there: nothing can be pushed, and the report says what is known.
facts() {
  status=$(file_fact result .status)
  if [ -s "$RUNNER_TEMP/run.json" ]; then
    mode=$(run_fact .mode) issue=$(run_fact .issue) branch=$(run_fact .branch) review=$(run_fact .review)
    AI_LANG=$(run_fact .lang)
  fi
}

# No force: a branch that moved meanwhile keeps what it got, and the agent's work goes beside it.
push() {
  if [ "$COMMIT" != success ]; then
    work=failed
  elif [ "$COMMITS" = 0 ]; then
    work=nothing
  elif push_to "$branch" || push_to "$branch-$GITHUB_RUN_ID"; then
    work=pushed
  else
    work=refused
  fi
}

# From the repository that commit.sh made: no setting in the agent's folder has a say where the token goes.
push_to() {
  local url log=$RUNNER_TEMP/push.log
  url=$(git remote get-url origin)
  if with_token git -C "$RUNNER_TEMP/push.git" push "$url" "refs/agent/head:refs/heads/$1" 2>&1 | harmless | tee "$log"; then
    branch=$1
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

# An agent that did not finish gets its branch pushed, but no pull request is opened in its name. One that says itself that it is
# blocked or only half-way, or that could not prove its work, gets a draft: somebody has to decide.
find_or_open_pull_request() {
  pull_request=$(github GET "pulls?state=open&head=${GITHUB_REPOSITORY_OWNER}:$branch" | jq -c '.[0] // empty') || pull_request=''
  if [ -z "$pull_request" ] && [ "$work" = pushed ] && { [ "$AGENT" = success ] || unfinished; }; then
    if unfinished || unproven; then draft=true; fi
    pull_request=$(github POST pulls "$(new_pull_request "$draft")") || open_without_draft
  fi
}

unfinished() { case $status in blocked | unproven | partial) true ;; *) false ;; esac; }
unproven() { [ "$mode" = repair ] && [ "$(ready_after)" != true ]; }

# Drafts are not to be had in every repository.
open_without_draft() {
  pull_request=''
  if [ "$draft" = true ]; then
    draft=false
    pull_request=$(github POST pulls "$(new_pull_request false)") || pull_request=''
  fi
}

new_pull_request() {
  local title
  title=$(jq -r '.issue.title // empty' "$GITHUB_EVENT_PATH")
  jq -n --arg title "${title:-$(say "Issue $issue" "Задача $issue")}" --arg head "$branch" --arg base "$(run_fact .base)" \
    --arg body "$(body)" --argjson draft "$1" '{$title, $head, $base, $body, $draft}'
}

# Only the work that was asked for closes the issue. A repair's is about the environment: merging it must not end the issue's own.
body() {
  if [ "$mode" = dev ] && [ -z "$review" ]; then echo "Closes #$issue"; else echo "Refs #$issue"; fi
  echo
  message
  if [ "$mode" = repair ]; then proof; fi
  if unfinished; then missing; fi
}

# Why this is a draft: the agent's own words, and what the last check found.
# shellcheck disable=SC2016 # the backticks are Markdown's
missing() {
  local why
  why=$(file_fact result .reason | cut_to 1500 | code)
  printf '\n\n%s (`%s`)%s\n\n' "$(say '**Not finished**' '**Не закончено**')" "$status" "${why:+: $why}"
  file_fact result '(.rounds // [] | last // {} | (.new // []) + (.left // []) | .[:10][])' | while read -r line; do
    echo "* $(code <<<"$line")"
  done
}

# shellcheck disable=SC2016 # the backticks are Markdown's
proof() {
  local about
  about=$(environment_of after)
  printf '\n\n'
  if [ "$(jq .ready <<<"$about")" = true ]; then
    say '**Proof:** the manifests of this branch were applied to the environment, and it came up.' \
      '**Проверка:** манифесты этой ветки применены к окружению, и оно поднялось.'
  else
    say '**Not proven:** the manifests of this branch were applied to the environment, and it is not ready:' \
      '**Не доказано:** манифесты этой ветки применены к окружению, и оно не готово:'
  fi
  printf '\n\n'
  jq -r 'def code: gsub("[`\r\n]"; " ") | "`" + . + "`";
    "* \(.outcome | code) \(if .summary == "" then "" else .summary | code end)",
    (select(.ready | not) | .causes[] | "* \("\(.code) \(.object)" | code)")' <<<"$about"
}

record_on_slot() {
  local number slot namespace
  number=$(jq -r '.number // empty' <<<"$pull_request")
  slot=$(file_fact ready .slot)
  namespace=$(file_fact ready .namespace)
  if [ -n "$number" ] && [ -n "$slot" ] && [ -z "$review" ]; then
    env -u GITHUB_TOKEN ./jbangw ensure_ready.java attach --slot "$slot" --namespace-pattern "$namespace" --pr "$number" \
      >"$RUNNER_TEMP/agent/attach.json" ||
      echo "::warning::pull request $number could not be recorded on slot $slot: looking a slot up by its pull request will not find it"
  fi
}

# The agent's last message without the JSON that it ends with for programs, and without control characters: as JSON each has six bytes.
# shellcheck disable=SC2016 # the backticks are Markdown's
message() {
  local file
  file=$(file_fact result .finalMessageFile)
  if [ -n "$file" ] && [ -f "$file" ]; then
    sed -z 's/\n```json\n[^`]*```[[:space:]]*$//' "$file" | tr -d '\000-\010\013\014\016-\037\177' | cut_to 48000
  fi
}

# Was it proven ready after the agent? By the manifests of its branch, or by the check that prompt_run.java did.
ready_after() {
  if [ -f "$RUNNER_TEMP/agent/after.json" ]; then
    environment_of after | jq .ready
  else
    file_fact result '(.infraReadyAfter | if . == null then empty else tostring end)'
  fi
}

agent() {
  jq -cn --arg outcome "$AGENT" --arg status "$status" --arg reason "$(file_fact result .reason | cut_to 1500)" \
    --arg place "$(file_fact result '(.where // .agentTarget)')" --arg why "$(file_fact result .fallbackReason | cut_to 500)" \
    --arg rounds "$(file_fact result '(.rounds | if type == "array" then length else . end)')" \
    --arg seconds "$(file_fact result .durationSeconds)" --arg limit "$(file_fact result .limit)" \
    --arg input "$(file_fact result .inputTokens)" --arg output "$(file_fact result .outputTokens)" --arg cost "$(file_fact result .cost)" \
    '$ARGS.named'
}

report() {
  jq -cn --argjson agent "$(agent)" --arg work "$work" --arg branch "$branch" --arg refusal "$refusal" --arg after "$(ready_after)" \
    --arg pull_request "$(jq -r '.html_url // empty' <<<"$pull_request")" --arg pull "$(jq -r '.number // empty' <<<"$pull_request")" \
    --argjson draft "$draft" --arg message "$(message)" --argjson environment "$(environment_of ready)" '$ARGS.named'
}

# Green means that there is something to look at. A repair may need no commit, but then the environment must be proven ready;
# a review may be answered in words.
judge() {
  local said
  said=$(message)
  if [ "$work" = failed ] || [ "$work" = refused ]; then
    echo "::error::what the agent changed is not on GitHub ($work); what could be saved is among the artifacts"
    exit 1
  elif [ "$AGENT" != success ]; then
    return
  elif [ "$work" = nothing ] && [ -z "$review" ] && ! repaired_without_a_change; then
    echo "::error::the agent finished and changed nothing"
    exit 1
  elif [ -z "$said" ] && { [ "$mode" = plan ] || { [ -n "$review" ] && [ "$work" = nothing ]; }; }; then
    echo "::error::the agent finished and left no answer"
    exit 1
  fi
}

repaired_without_a_change() { [ "$mode" = repair ] && [ "$(ready_after)" = true ]; }

main
