# Sourced by the scripts beside it: GitHub's REST API, outputs, and sentences in two languages.
# shellcheck shell=bash
set -euo pipefail
shopt -s inherit_errexit

# github METHOD PATH [BODY] prints GitHub's answer; anything but 2xx is an error with GitHub's own words on stderr.
# The token goes to curl through a file descriptor: arguments are visible to every process of the machine.
github() {
  local body=() answer
  if [ $# -ge 3 ]; then body=(--header 'Content-Type: application/json' --data-binary "@-"); fi
  if answer=$(printf '%s' "${3-}" | curl --silent --show-error --fail-with-body --location \
    --max-time 30 --retry 3 --retry-delay 1 --request "$1" "${body[@]}" \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") \
    "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY/$2"); then
    printf '%s' "$answer"
  else
    echo "GitHub refused $1 $2: $(jq -r '.message // empty' <<<"$answer" 2>/dev/null || printf '%s' "$answer")" >&2
    return 1
  fi
}

# output NAME VALUE sets an output of the step. The delimiter is random: a value cannot end it and name outputs of its own.
output() {
  local delimiter
  delimiter=$(od -An -N16 -tx1 /dev/urandom | tr -d ' \n')
  printf '%s<<%s\n%s\n%s\n' "$1" "$delimiter" "$2" "$delimiter" >>"$GITHUB_OUTPUT"
}

# say ENGLISH RUSSIAN prints the sentence in the language of the project.
say() {
  if [ "${AI_LANG:-en}" = ru ]; then printf '%s' "$2"; else printf '%s' "$1"; fi
}

# comment ISSUE TEXT writes a comment and prints its number; edit NUMBER TEXT replaces one.
comment() { github POST "issues/$1/comments" "$(jq -n --arg body "$2" '{$body}')" | jq -er .id; }
edit() { github PATCH "issues/comments/$1" "$(jq -n --arg body "$2" '{$body}')" >/dev/null; }

run_url() { printf '%s/%s/actions/runs/%s' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"; }

# cut BYTES keeps the beginning of stdin, whole characters only, and says when something was cut.
cut_to() {
  local text
  text=$(cat)
  if [ "$(printf '%s' "$text" | wc -c)" -le "$1" ]; then
    printf '%s' "$text"
  else
    printf '%s' "$text" | head -c "$1" | iconv -c -f UTF-8 -t UTF-8
    printf '\n\n%s' "$(say '[cut here: the whole text is in the artifacts of the run]' '[здесь текст обрезан: целиком он в артефактах запуска]')"
  fi
}
