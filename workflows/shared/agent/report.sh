#!/usr/bin/env bash
# Turns the status comment into what became of the run, and adds the agent's last message as a comment of its own.
source "$(dirname "$0")/github.sh"

issue=$(jq -er '.issue.number' "$GITHUB_EVENT_PATH")
fact() { jq -r "$1 // empty" <<<"${REPORT:-null}"; }

main() {
  local message
  edit "$COMMENT" "$(status)"
  status >>"$GITHUB_STEP_SUMMARY"
  message=$(fact .message)
  if [ -n "$message" ]; then comment "$issue" "$message" >/dev/null; fi
}

status() {
  echo "$(headline) · [$(say run запуск)]($(run_url))"
  echo
  if [ -n "$REPORT" ]; then
    echo "* $(environment)"
    causes
    echo "* $(agent)"
    if [ "$AI_MODE" != plan ]; then echo "* $(work)"; fi
  elif [ "$RESULT" != cancelled ]; then
    say '* no details: the job ended without a report, or GitHub held it back because it contains a secret' \
      '* без подробностей: job закончился без отчёта, или GitHub придержал отчёт из-за секрета в нём'
  fi
}

headline() {
  local label="[ai-$AI_MODE]"
  if [ "$RESULT" = success ]; then
    say "✅ $label: done" "✅ $label: готово"
  elif [ "$RESULT" = cancelled ] && [ -z "$REPORT" ]; then
    say "🚫 $label: cancelled before an agent ran; set the label again" "🚫 $label: отменено до запуска агента; поставьте метку ещё раз"
  elif [ "$RESULT" = cancelled ]; then
    say "🚫 $label: cancelled" "🚫 $label: отменено"
  elif [ -n "$REPORT" ] && [ -z "$(fact .environment.namespace)" ]; then
    say "❌ $label: no environment could be had" "❌ $label: окружение получить не удалось"
  elif [ -n "$REPORT" ] && [ "$(fact .agent)" != success ]; then
    say "❌ $label: the agent did not finish" "❌ $label: агент не завершил работу"
  else
    say "❌ $label: failed" "❌ $label: не удалось"
  fi
}

environment() {
  local name why
  name=$(fact .environment.namespace | data)
  why="(\`$(fact .environment.outcome)\`) $(fact .environment.summary | data)"
  if [ "$(fact .environment.ready)" = true ]; then
    say "environment $name: ready" "окружение $name: готово"
  else
    say "environment${name:+ $name}: not ready $why" "окружение${name:+ $name}: не готово $why"
  fi
  if [ "$AI_MODE" = repair ]; then
    if [ "$(fact .after)" = true ]; then say '; after the agent: ready' '; после агента: готово'; else
      say '; after the agent: not proven ready' '; после агента: готовность не доказана'
    fi
  fi
}

causes() {
  if [ "$(fact .environment.ready)" = true ]; then return; fi
  fact '.environment.causes[] | "\(.code) \(.object)" | gsub("[\r\n]+"; " ")' | while read -r line; do echo "  * $(data <<<"$line")"; done
}

agent() {
  case $(fact .agent) in
    success) say 'agent: finished' 'агент: закончил' ;;
    skipped) say 'agent: was not started' 'агент: не запускался' ;;
    *) say "agent: did not finish: $(fact '.status + " " + .reason' | data)" "агент: не закончил: $(fact '.status + " " + .reason' | data)" ;;
  esac
}

work() {
  local branch pull_request
  branch=$(fact .branch | data) pull_request=$(fact .pull_request)
  case $(fact .work) in
    pushed) say "branch $branch pushed: ${pull_request:-$(compare)}" "ветка $branch отправлена: ${pull_request:-$(compare)}" ;;
    nothing) say "nothing was changed${pull_request:+; $pull_request}" "ничего не изменено${pull_request:+; $pull_request}" ;;
    none) say 'nothing to push' 'отправлять нечего' ;;
    *) say "the changes are not on GitHub; changes.bundle among the artifacts has them: $(fact .refusal | data)" \
      "изменения не попали в GitHub, они в changes.bundle среди артефактов: $(fact .refusal | data)" ;;
  esac
}

# No pull request: either the agent did not finish, or GitHub lets workflows open none.
compare() { printf '%s/%s/compare/%s?expand=1' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$(fact .branch)"; }

# One line of foreign text as code: it cannot become a link, a mention or a command.
# shellcheck disable=SC2016 # the backticks are Markdown's
data() { tr '\r\n`' "  '" | sed 's/ *$//; s/.\{1,\}/`&`/'; }

main
