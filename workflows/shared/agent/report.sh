#!/usr/bin/env bash
# Turns the status comment into what became of the run and the one thing that a person does next, adds the agent's last message as a
# comment of its own, and leads from the pull request to the run. Everything that others wrote is data: in code marks, on one line.
source "$(dirname "$0")/github.sh"

marker='<!-- agent-status -->'

# learn NAME JSON: every text, number and true of it as a variable, NAME_agent_status; false and null are nothing.
learn() {
  local key value
  while IFS= read -r -d '' key && IFS= read -r -d '' value; do printf -v "$1_$key" '%s' "$value"; done < <(
    jq -j 'paths(scalars) as $p | select($p | all(type == "string" and test("^[a-z_]+$")))
      | ($p | join("_")), "\u0000", (getpath($p) | tostring | gsub("\u0000"; "")), "\u0000"' <<<"$2"
  )
}
learned() {
  local name=${1//./_}
  printf '%s' "${!name-}"
}
fact() { learned "fact$1"; }
run() { learned "run$1"; }
learn fact "${REPORT:-null}"
learn run "$RUN"
mode=$(run .mode) issue=$(run .issue) review=$(run .review)
AI_LANG=$(run .lang)

main() {
  local text message
  text=$(status)
  if [ "$RESULT" = running ]; then
    edit "$(run .comment)" "$text"
    return
  fi
  edit "$(run .comment)" "$text" || comment "$(talk)" "$text" >/dev/null
  printf '%s\n' "$text" >>"$GITHUB_STEP_SUMMARY"
  message=$(fact .message)
  if [ -n "$message" ]; then comment "$(talk)" "$message" >/dev/null; fi
  if [ -n "$review" ]; then answer_threads "$message"; else tell_the_pull_request "$text"; fi
}

# Where the conversation is: a review's on its pull request.
talk() { if [ -n "$review" ]; then run .pr; else printf '%s' "$issue"; fi; }

label() { if [ -n "$review" ]; then say review ревью; else printf '[ai-%s]' "$mode"; fi; }

status() {
  echo "$(headline) · [$(say run запуск)]($(run_url))"
  echo
  echo "* **$(say Asked Задано):** $(asked)"
  if [ -n "$REPORT" ]; then
    echo "* **$(say Environment Окружение):** $(environment)"
    causes
  fi
  if [ "$RESULT" = running ]; then
    :
  elif [ -n "$REPORT" ]; then
    echo "* **$(say Agent Агент):** $(agent)"
    if [ "$mode" != plan ]; then echo "* **$(say Result Результат):** $(work)"; fi
  elif [ "$RESULT" != cancelled ]; then
    say '* no details: the job ended without a report, or GitHub held it back because it contains a secret' \
      '* без подробностей: job закончился без отчёта, или GitHub придержал отчёт из-за секрета в нём'
    echo
  fi
  echo "* **$(say Next Дальше):** $(next)"
}

headline() {
  local label
  label=$(label)
  if [ "$RESULT" = running ]; then
    say "⏳ $label: the agent is at work" "⏳ $label: агент работает"
  elif [ "$RESULT" != cancelled ] && [ "$(fact .agent.status)" = blocked ]; then
    say "✋ $label: the agent is blocked" "✋ $label: агент не может продолжить"
  elif [ "$RESULT" = success ]; then
    say "✅ $label: done" "✅ $label: готово"
  elif [ "$RESULT" = cancelled ] && [ -z "$REPORT" ]; then
    say "🚫 $label: cancelled before an agent ran" "🚫 $label: отменено до запуска агента"
  elif [ "$RESULT" = cancelled ]; then
    say "🚫 $label: cancelled" "🚫 $label: отменено"
  elif no_environment; then
    say "❌ $label: no environment could be had" "❌ $label: окружение получить не удалось"
  elif [ -n "$REPORT" ] && [ "$(fact .agent.outcome)" != success ]; then
    say "❌ $label: the agent did not finish" "❌ $label: агент не завершил работу"
  else
    say "❌ $label: failed" "❌ $label: не удалось"
  fi
}

no_environment() { [ -n "$REPORT" ] && [ -z "$(fact .environment.namespace)" ]; }

asked() {
  local by
  by=$(run .by | code)
  if [ -n "$review" ]; then
    say "$by requested changes in [this review]($(pull_url)#pullrequestreview-$review)" \
      "$by просит изменений в [этом ревью]($(pull_url)#pullrequestreview-$review)"
  else
    case $mode in
      dev) say "implement #$issue ($by)" "реализовать #$issue ($by)" ;;
      plan) say "plan #$issue ($by)" "составить план #$issue ($by)" ;;
      *) say "repair the environment of #$issue ($by)" "починить окружение #$issue ($by)" ;;
    esac
  fi
}

pull_url() { printf '%s/%s/pull/%s' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$(run .pr)"; }

environment() {
  local name why
  name=$(fact .environment.namespace | code)
  why="(\`$(fact .environment.outcome)\`) $(fact .environment.summary | code)"
  if [ "$(fact .environment.ready)" = true ]; then
    say "$name ready" "$name готово"
  else
    say "${name:+$name }not ready $why" "${name:+$name }не готово $why"
  fi
  after
}

after() {
  if [ "$(fact .after)" = true ]; then
    say '; after the agent: ready' '; после агента: готово'
  elif [ "$RESULT" != running ] && { [ "$mode" = repair ] || [ "$(fact .after)" = false ]; }; then
    say '; after the agent: not proven ready' '; после агента: готовность не доказана'
  fi
}

# Folded: the list is for whoever doubts, the line above it for everybody.
causes() {
  local count more
  if [ "$(fact .environment.ready)" = true ]; then return; fi
  count=$(jq '.environment.causes | length' <<<"$REPORT")
  if [ "${count:-0}" = 0 ]; then return; fi
  more=$(fact .environment.more)
  printf '  <details><summary>%s</summary>\n\n' "$(say 'causes' 'причины')"
  jq -r '.environment.causes[] | "\(.code) \(.object)" | gsub("[\r\n]+"; " ")' <<<"$REPORT" |
    while read -r line; do echo "  * $(code <<<"$line")"; done
  if [ "${more:-0}" != 0 ]; then echo "  * $(say "and $more more" "и ещё $more")"; fi
  printf '\n  </details>\n'
}

agent() {
  local why
  why=$(printf '%s %s' "$(fact .agent.status)" "$(fact .agent.reason)" | code)
  case "$(fact .agent.outcome) $(fact .agent.status)" in
    *' unproven') say 'finished, but its work is not proven' 'закончил, но результат не доказан' ;;
    *' blocked') say 'is blocked' 'не может продолжить' ;;
    success*) say finished закончил ;;
    skipped*) say 'was not started' 'не запускался' ;;
    *) say "did not finish: $why" "не закончил: $why" ;;
  esac
  if [ "$(fact .agent.status)" = blocked ]; then printf ' · %s' "$(fact .agent.reason | code)"; fi
  figures
}

figures() {
  local input
  input=$(fact .agent.input)
  figure "$(say in в)" "$(fact .agent.place | code)"
  figure "$(say because: потому:)" "$(fact .agent.why | code)"
  figure "$(say rounds: раундов:)" "$(fact .agent.rounds | digits)"
  figure "$(say minutes: минут:)" "$(minutes "$(fact .agent.seconds)")"
  if [ -n "$input" ]; then
    printf ' · %s %s + %s' "$(say tokens: токенов:)" "$(digits <<<"$input")" "$(fact .agent.output | digits)"
  fi
  figure "$(say cost: стоимость:)" "$(fact .agent.cost | tr -cd '0-9.')"
  figure "$(say limit: предел:)" "$(fact .agent.limit | code)"
}

figure() { if [ -n "$2" ]; then printf ' · %s %s' "$1" "$2"; fi; }
digits() { tr -cd '0-9'; }
# Of seconds; begun ones count.
minutes() {
  local begun=0
  if [[ $1 =~ \.0*[1-9] ]]; then begun=1; fi
  if [[ $1 =~ ^[0-9]{1,9}(\.[0-9]+)?$ ]]; then printf '%s' "$(((10#${1%.*} + begun + 59) / 60))"; fi
}

work() {
  local branch pull_request
  branch=$(fact .branch | code) pull_request=$(fact .pull_request)
  case $(fact .work) in
    pushed)
      say "branch $branch pushed: ${pull_request:-$(compare)}" \
        "ветка $branch отправлена: ${pull_request:-$(compare)}"
      ;;
    nothing)
      say "nothing was changed${pull_request:+; $pull_request}" \
        "ничего не изменено${pull_request:+; $pull_request}"
      ;;
    none) say 'nothing to push' 'отправлять нечего' ;;
    *) say "the changes are not on GitHub; changes.bundle among the artifacts has them: $(fact .refusal | code)" \
      "изменения не попали в GitHub, они в changes.bundle среди артефактов: $(fact .refusal | code)" ;;
  esac
  if [ "$(fact .draft)" = true ]; then say ' (draft)' ' (черновик)'; fi
}

# No pull request: either the agent did not finish, or GitHub lets workflows open none.
compare() { printf '%s/%s/compare/%s?expand=1' "$GITHUB_SERVER_URL" "$GITHUB_REPOSITORY" "$(fact .branch)"; }

# The one thing to do now; the first that holds.
next() {
  local again
  again=$(say "set the label \`[ai-$mode]\` again" "поставьте метку \`[ai-$mode]\` ещё раз")
  if [ -n "$review" ]; then again=$(say 'request changes again' 'попросите изменений ещё раз'); fi
  if [ "$RESULT" = running ]; then
    say 'wait; to stop the agent, cancel the run' 'ждите; чтобы остановить агента, отмените запуск'
  elif [ "$RESULT" = cancelled ]; then
    printf '%s' "$again"
  elif [ -z "$REPORT" ]; then
    say "look at the run's log, then $again" "посмотрите журнал запуска, затем $again"
  elif no_environment; then
    next_without_environment "$again"
  elif [ "$(fact .agent.status)" = no-place ]; then
    say "\`bash .github/agent/check.sh $GITHUB_REPOSITORY\` says why \`deploy/codex\` does not come up" \
      "\`bash .github/agent/check.sh $GITHUB_REPOSITORY\` скажет, почему не поднимается \`deploy/codex\`"
  elif [ "$(fact .agent.status)" = blocked ]; then
    say "answer its question in a comment, then $again" \
      "ответьте на его вопрос в комментарии, затем $again"
  elif [ "$(fact .work)" = refused ] || [ "$(fact .work)" = failed ]; then
    say "take the commits over: download the artifacts, \`git fetch changes.bundle HEAD:saved\`" \
      "заберите коммиты: скачайте артефакты, \`git fetch changes.bundle HEAD:saved\`"
  elif [ "$(fact .agent.outcome)" != success ]; then
    say "$again: the agent goes on from its branch" "$again: агент продолжит со своей ветки"
  else
    next_after_success "$again"
  fi
}

next_without_environment() {
  if [ "$(fact .environment.outcome)" = no-slot ]; then
    say "close an issue whose environment is not needed any more, then $1" \
      "закройте задачу, окружение которой больше не нужно, затем $1"
  else
    say "\`bash .github/agent/check.sh $GITHUB_REPOSITORY KUBECONFIG\` says what keeps the runner from the cluster" \
      "\`bash .github/agent/check.sh $GITHUB_REPOSITORY KUBECONFIG\` скажет, что мешает runner'у работать с кластером"
  fi
}

next_after_success() {
  local pull_request
  pull_request=$(fact .pull_request)
  if [ "$mode" = plan ]; then
    say "comment on the plan and $1, or set \`[ai-dev]\` to have it built" \
      "прокомментируйте план и $1, или поставьте \`[ai-dev]\`, чтобы его реализовать"
  elif [ "$(fact .work)" = pushed ] && [ -z "$pull_request" ]; then
    say "open the pull request: $(compare)" "откройте pull request: $(compare)"
  elif [ "$(fact .work)" = nothing ] && [ "$mode" = repair ] && [ "$(fact .after)" = true ]; then
    say "nothing is left to repair: set \`[ai-dev]\` to go on" \
      "чинить больше нечего: поставьте \`[ai-dev]\`, чтобы продолжить"
  elif [ "$(fact .work)" = nothing ] && [ -z "$review" ]; then
    say "say in a comment what is to be different, then $1" \
      "напишите в комментарии, что должно измениться, затем $1"
  elif [ "$(fact .draft)" = true ] || { [ "$mode" = repair ] && [ "$(fact .after)" != true ]; }; then
    say "read what is still broken in $pull_request, then $1" \
      "прочтите в $pull_request, что ещё сломано, затем $1"
  else
    say "review ${pull_request:-$(pull_url)}; a review that requests changes starts the agent again" \
      "проверьте ${pull_request:-$(pull_url)}; ревью с просьбой об изменениях запустит агента ещё раз"
  fi
}

# On the pull request the same words, in one comment that every run edits; it leads to the run, the issue and the environment.
tell_the_pull_request() {
  local pull body known
  pull=$(fact .pull | digits)
  if [ -z "$pull" ]; then return; fi
  body=$(printf '%s\n%s' "$marker" "$1")
  known=$(pages "issues/$pull/comments" ".[] | select(.user.type == \"Bot\" and (.body | startswith(\"$marker\"))) | .id" | tail -n 1)
  if [ -z "$known" ] || ! edit "$known" "$body"; then comment "$pull" "$body" >/dev/null; fi
}

# A line of the agent's answer that names a thread goes into that thread, at most fifty of them.
answer_threads() {
  local pull id line
  pull=$(run .pr)
  if [ -z "$1" ]; then return; fi
  pages "pulls/$pull/comments" '.[] | select(.in_reply_to_id == null) | .id' | tail -n 50 | while read -r id; do
    line=$(grep -m 1 -E "(^|[^0-9])$id([^0-9]|\$)" <<<"$1") || continue
    github POST "pulls/$pull/comments/$id/replies" "$(jq -n --arg body "$(cut_to 8000 <<<"$line")" '{$body}')" >/dev/null ||
      echo "::warning::thread $id could not be answered; the answer stands in the comment"
  done
}

main
