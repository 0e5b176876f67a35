#!/usr/bin/env bash
# May this label start an agent? Reads the event; takes the label off; writes the status comment; any doubt ends the job red.
source "$(dirname "$0")/github.sh"

event=$(fields .action .label.name .issue.number .sender.type .sender.login <"$GITHUB_EVENT_PATH")
IFS=$between read -r action name issue type sender <<<"$event"
label="[ai-$AI_MODE]"

main() {
  local reason number
  [ "$action $name" = "labeled $label" ] || refuse_silently "this event does not set $label"
  # A bot gets no answer: two bots that answer each other never end.
  [ "$type" = User ] || refuse_silently "$sender is a bot"
  take_label_off
  reason=$(reason_to_refuse)
  if [ -n "$reason" ]; then
    comment "$issue" "⛔ $label: $reason" >/dev/null
    refuse_silently "$reason"
  fi
  number=$(comment "$issue" "⏳ $label: $(say 'accepted; the environment comes up as soon as no other agent works on this issue' \
    'принято; окружение поднимется, как только над этой задачей не работает другой агент') · [$(say 'run' 'запуск')]($(run_url))")
  output run "$(jq -cn --arg mode "$AI_MODE" --arg lang "$AI_LANG" --argjson issue "$issue" \
    --arg branch "$(branch_of "$AI_MODE" "$issue")" --argjson comment "$number" --arg by "$sender" \
    --arg attempt "$GITHUB_RUN_ATTEMPT" '$ARGS.named')"
}

# Without the label's removal the same label could not start the agent a second time. 404: somebody was faster.
take_label_off() {
  github DELETE "issues/$issue/labels/%5Bai-$AI_MODE%5D" >/dev/null || echo "::warning::$label could not be taken off issue $issue"
}

# The issue is asked for anew: a run may be started again days after its event. A re-run has a person of its own.
reason_to_refuse() {
  local now pull_request state
  now=$(github GET "issues/$issue" | fields 'has("pull_request")' .state)
  IFS=$between read -r pull_request state <<<"$now"
  if [ "$pull_request" != false ]; then
    say 'an agent is started from an issue, not from a pull request' 'агент запускается из задачи, а не из pull request'
  elif [ "$state" != open ]; then
    say 'the issue is closed' 'задача закрыта'
  elif ! trusted "$sender"; then
    refusal_for "$sender"
  elif ! trusted "$TRIGGERING_ACTOR"; then
    refusal_for "$TRIGGERING_ACTOR"
  fi
}

main
