#!/usr/bin/env bash
# May this review start an agent? Believes nothing of the event but two numbers: what they stand for is asked of GitHub.
# Writes the status comment on the pull request; any doubt ends the job red.
source "$(dirname "$0")/github.sh"

main() {
  local pull sent branch from state asks type by mode issue reason number
  [[ $PULL_NUMBER =~ ^[1-9][0-9]*$ && $REVIEW_ID =~ ^[1-9][0-9]*$ ]] || refuse_silently 'no numbers of a pull request and a review'
  pull=$(github GET "pulls/$PULL_NUMBER" | fields .state .head.repo.full_name .head.ref)
  sent=$(github GET "pulls/$PULL_NUMBER/reviews/$REVIEW_ID" | fields .state .user.type .user.login)
  IFS=$between read -r state from branch <<<"$pull"
  IFS=$between read -r asks type by <<<"$sent"
  reason=$(not_for_us)
  # What is none of our business gets no answer, a bot neither: two bots that answer each other never end.
  [ -z "$reason" ] || refuse_silently "$reason"
  read -r mode issue <<<"$(ours "$branch")"
  if ! trusted "$by"; then
    reason=$(refusal_for "$by")
    comment "$PULL_NUMBER" "⛔ $(say review ревью): $reason" >/dev/null
    refuse_silently "$reason"
  fi
  # The event's own run is started by the workflow's token; whoever else starts one answers for it.
  [ "$TRIGGERING_ACTOR" = 'github-actions[bot]' ] || trusted "$TRIGGERING_ACTOR" || refuse_silently "$(refusal_for "$TRIGGERING_ACTOR")"
  number=$(comment "$PULL_NUMBER" "⏳ $(say 'accepted; the agent goes on with this branch as soon as no other agent works on the issue' \
    'принято; агент продолжит эту ветку, как только над задачей не работает другой агент') · [$(say run запуск)]($(run_url))")
  output issue "$issue"
  output kind "${mode}_review"
  output run "$(jq -cn --arg mode "$mode" --arg lang "$AI_LANG" --argjson issue "$issue" --arg branch "$branch" \
    --argjson comment "$number" --arg by "$by" --argjson pr "$PULL_NUMBER" --argjson review "$REVIEW_ID" \
    --arg attempt "$GITHUB_RUN_ATTEMPT" '$ARGS.named')"
}

not_for_us() {
  if [ "$asks" != CHANGES_REQUESTED ]; then
    echo "review $REVIEW_ID requests no changes (any more)"
  elif [ "$type" != User ]; then
    echo "$by is a bot"
  elif [ "$state" != open ]; then
    echo "pull request $PULL_NUMBER is closed"
  elif [ "$from" != "$GITHUB_REPOSITORY" ]; then
    echo "pull request $PULL_NUMBER comes from a fork"
  elif [ -z "$(ours "$branch")" ]; then
    echo "$branch is no branch of an agent"
  fi
}

main
