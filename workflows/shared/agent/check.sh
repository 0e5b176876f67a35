#!/usr/bin/env bash
# Is this repository set up for the workflows?  bash .github/agent/check.sh OWNER/NAME
# Reads only. Needs GITHUB_TOKEN, or gh with a login, of somebody who may see the repository's settings.
export GITHUB_REPOSITORY=${1:?usage: check.sh OWNER/NAME} GITHUB_API_URL=${GITHUB_API_URL:-https://api.github.com}
GITHUB_TOKEN=${GITHUB_TOKEN:-$(gh auth token)} || { echo 'check: no GITHUB_TOKEN, and gh has no login' >&2; exit 2; }
export GITHUB_TOKEN
source "$(dirname "$0")/github.sh"
cd "$(dirname "$0")/../.."
missing=0

main() {
  files
  secrets
  variables
  labels
  pull_requests
  exit "$missing"
}

check() { # WHAT HOW-TO-MEND COMMAND...
  local what=$1 mend=$2
  shift 2
  if "$@" >/dev/null 2>&1; then
    echo "ok       $what"
  else
    echo "missing  $what: $mend"
    missing=1
  fi
}

files() {
  local file
  for file in ensure_ready.java prompt_run.java templates .github/workflows/ai_{gate,report,dev_issue,plan_issue,repair_issue,cleanup}.yml; do
    check "$file" 'copy it' test -e "$file"
  done
}

# What the workflows name is what must be there; a token of your own for the push is a choice.
secrets() {
  local name known
  known=$(names environments/ai/secrets && names actions/secrets && names actions/organization-secrets)
  while read -r name; do
    check "secret $name" 'add it to the environment ai' grep -qx "$name" <<<"$known"
  done < <(grep -ohE 'secrets\.[A-Z0-9_]+' .github/workflows/ai_*.yml | cut -d. -f2 | sort -u | grep -vx AI_PUSH_TOKEN)
}

# A list that may not be seen, or is not there, holds no name.
names() { if list=$(github GET "$1?per_page=100" 2>/dev/null); then jq -r '.secrets[].name' <<<"$list"; fi; }

# The gate reads AI_ALLOWED_USERS outside the environment; the other variables may stand in it.
variables() {
  local name known
  known=$(values actions/variables && values actions/organization-variables)
  check 'variable AI_ALLOWED_USERS' 'the logins that may start an agent, between commas' grep -q '^AI_ALLOWED_USERS=.' <<<"$known"
  known+=$'\n'$(values environments/ai/variables)
  while read -r name; do
    check "variable $name" 'add it to the environment ai' grep -q "^$name=." <<<"$known"
  done < <(grep -ohE 'vars\.[A-Z0-9_]+' .github/workflows/ai_*.yml | cut -d. -f2 | sort -u | grep -vx AI_ALLOWED_USERS)
}

values() { if list=$(github GET "$1?per_page=100" 2>/dev/null); then jq -r '.variables[] | .name + "=" + .value' <<<"$list"; fi; }

labels() {
  local mode
  for mode in dev plan repair; do
    check "label [ai-$mode]" 'create it' github GET "labels/%5Bai-$mode%5D"
  done
}

pull_requests() {
  check 'workflows may open pull requests' 'allow it in Settings, Actions, General, or set the secret AI_PUSH_TOKEN' \
    jq -e '.can_approve_pull_request_reviews' <<<"$(github GET actions/permissions/workflow 2>/dev/null || echo '{}')"
}

main
