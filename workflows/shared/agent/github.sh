# Sourced by the scripts beside it: GitHub's REST API, outputs, who may start an agent, and sentences in two languages.
# Runs in bash 3.2 too, which is what macOS has: check.sh is for people's own machines.
# shellcheck shell=bash
set -euo pipefail
if [ "${BASH_VERSINFO[0]}" -ge 5 ]; then shopt -s inherit_errexit; fi

# github METHOD PATH [BODY] prints GitHub's answer; anything but 2xx is an error with GitHub's own words on stderr.
# The token goes to curl through a file descriptor: arguments are visible to every process of the machine.
github() {
  local body=() answer
  if [ $# -ge 3 ]; then body=(--header 'Content-Type: application/json' --data-binary "@-"); fi
  if answer=$(printf '%s' "${3-}" | curl --silent --show-error --fail-with-body --location \
    --max-time 30 --retry 3 --retry-delay 1 --request "$1" ${body[@]+"${body[@]}"} \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") \
    "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY${2:+/$2}"); then
    printf '%s' "$answer"
  else
    echo "GitHub refused $1 $2: $(jq -r '.message // empty' <<<"$answer" 2>/dev/null || printf '%s' "$answer")" >&2
    return 1
  fi
}

# pages PATH JQ prints what JQ finds on every page of a list, up to 20 of them.
pages() {
  local page=1 answer separator='?'
  if [ "${1#*\?}" != "$1" ]; then separator='&'; fi
  while [ "$page" -le 20 ]; do
    answer=$(github GET "$1${separator}per_page=100&page=$page")
    jq -r "$2" <<<"$answer"
    if [ "$(jq length <<<"$answer")" -lt 100 ]; then return; fi
    page=$((page + 1))
  done
}

# fields JQ... prints what each finds in the JSON on stdin, on one line with $between between them; null is nothing.
# shellcheck disable=SC2034 # the scripts that source this read it
between=$'\x1f'
fields() {
  local IFS=,
  jq -r "[$*] | join(\"\\u001f\")"
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

# comment NUMBER TEXT writes a comment on an issue or pull request and prints its number; edit COMMENT TEXT replaces one.
comment() { github POST "issues/$1/comments" "$(jq -n --arg body "$2" '{$body}')" | jq -er .id; }
edit() { github PATCH "issues/comments/$1" "$(jq -n --arg body "$2" '{$body}')" >/dev/null; }

run_url() { printf '%s/%s/actions/runs/%s' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$GITHUB_RUN_ID"; }

# Foreign text for the log: no line of it is a command to the runner (one kind of them counts anywhere in a line). plain: on one line.
harmless() { sed 's/::/: :/g; s/##\[/# #[/g'; }
plain() { tr '\r\n' '  ' <<<"$1" | harmless | sed 's/ *$//'; }

refuse_silently() {
  echo "::error title=No agent was started::$(plain "$1")"
  exit 1
}

# trusted LOGIN: on the list (JSON, or names between commas, blanks and line ends; logins know no case), and with write access as
# GitHub sees it now.
trusted() {
  tr -s '][",; \t\r\n' '\n' <<<"$AI_ALLOWED_USERS" | grep -Fix -- "$1" >/dev/null || return 1
  case $(github GET "collaborators/$1/permission" | jq -r .permission) in
    admin | write) return 0 ;;
    *) return 1 ;;
  esac
}

refusal_for() {
  say "$1 may not start an agent here: that takes write access and a place in the variable AI_ALLOWED_USERS" \
    "$1 не может запускать агента: нужны право записи и место в переменной AI_ALLOWED_USERS"
}

# run_fact JQ: what prepare.sh keeps about this run, outside the folder that becomes the artifacts.
run_fact() { jq -r "$1 // empty" "$RUNNER_TEMP/run.json"; }

# file_fact NAME JQ: of a JSON file that the scripts leave; nothing when it is missing or broken.
file_fact() { jq -r "$2 // empty" "$RUNNER_TEMP/agent/$1.json" 2>/dev/null || printf ''; }

# environment_of NAME: a report that is missing or broken is an environment that is not ready: the missing file reads as {}.
environment_of() {
  local report
  report=$(jq -c 'objects' "$RUNNER_TEMP/agent/$1.json" 2>/dev/null) || report=''
  jq -c 'def short: if type != "object" then tostring else
           ({Deployment: "deploy", StatefulSet: "sts", DaemonSet: "ds", Service: "svc", Ingress: "ing",
             PersistentVolumeClaim: "pvc"}[.kind // ""] // (.kind // "" | ascii_downcase)) + "/" + (.name // "") end;
         {ready: (.infraReady == true), outcome: (.outcome // "no report"), namespace: (.namespace // ""), slot: (.slot // ""),
          summary: (.summary // ""), more: ([([.causes[]?] | length) - 10, 0] | max),
          causes: [.causes[]? | {code, object: (.object | short)}][:10]}' <<<"${report:-{\}}"
}

# One line of foreign text as code: it cannot become a link, a mention or a command.
# shellcheck disable=SC2016 # the backticks are Markdown's
code() { tr '\r\n`' "  '" | sed 's/ *$//; s/.\{1,\}/`&`/'; }

# branch_of MODE ISSUE: where the agent's commits go; a plan has none.
branch_of() {
  case $1 in
    dev) printf 'codex/issue-%s' "$2" ;;
    repair) printf 'codex/ai-repair-%s' "$2" ;;
  esac
}

# ours BRANCH prints "MODE ISSUE" for a branch of an agent (also one that went beside it, with the run's number), nothing for any other.
ours() {
  local mode=''
  if ! [[ $1 =~ ^codex/(issue|ai-repair|plan)-([1-9][0-9]{0,8})(-[0-9]+)?$ ]]; then return 0; fi
  case ${BASH_REMATCH[1]} in
    issue) mode=dev ;;
    ai-repair) mode=repair ;;
    plan) mode=plan ;;
  esac
  printf '%s %s' "$mode" "${BASH_REMATCH[2]}"
}

# cut BYTES keeps the beginning of stdin, whole characters only, and says when something was cut.
cut_to() {
  local text
  text=$(cat)
  if [ "$(printf '%s' "$text" | wc -c)" -le "$1" ]; then
    printf '%s' "$text"
  else
    printf '%s' "$text" | head -c "$1" | iconv -c -f UTF-8 -t UTF-8
    printf '\n\n%s' "$(say '[cut here: the whole text is in the artifacts of the run]' \
      '[здесь текст обрезан: целиком он в артефактах запуска]')"
  fi
}
