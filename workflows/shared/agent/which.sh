#!/usr/bin/env bash
# Whose environment may go? A closed issue and its closed pull request own it, unless another pull request of an agent still needs it.
# A closed repair owns nothing: it mended the issue's environment. Sets the output "issue", empty for none.
source "$(dirname "$0")/github.sh"

main() {
  local mode issue branch pull from state
  if [ -n "$CLOSED_PULL" ]; then
    [[ $CLOSED_PULL =~ ^[1-9][0-9]*$ ]] || keep "$CLOSED_PULL is no number of a pull request"
    pull=$(github GET "pulls/$CLOSED_PULL" | fields .state .head.repo.full_name .head.ref)
    IFS=$between read -r state from branch <<<"$pull"
    [ "$from" = "$GITHUB_REPOSITORY" ] || keep "pull request $CLOSED_PULL comes from a fork"
    [ "$state" = closed ] || keep "pull request $CLOSED_PULL is open"
    [ -n "$(ours "$branch")" ] || keep "$branch is no branch of an agent"
    read -r mode issue <<<"$(ours "$branch")"
  else
    mode=issue issue=$CLOSED_ISSUE
  fi
  if [ "$mode" != dev ]; then
    state=$(github GET "issues/$issue" | jq -r .state)
    [ "$state" = closed ] || keep "issue $issue is open, and a closed pull request of a $mode owns no environment"
  fi
  still_needed "$issue"
  output issue "$issue"
}

still_needed() {
  local open number branch
  open=$(pages 'pulls?state=open' '.[] | select(.head.repo.full_name == env.GITHUB_REPOSITORY) | "\(.number) \(.head.ref)"')
  while read -r number branch; do
    if [ "$(ours "$branch")" = "dev $1" ] || [ "$(ours "$branch")" = "repair $1" ]; then keep "pull request $number is open"; fi
  done <<<"$open"
}

keep() {
  echo "::notice::kept: $(plain "$1"); its time to live ends it"
  output issue ''
  exit 0
}

main
