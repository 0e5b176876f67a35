#!/usr/bin/env bash
# dispatch.sh WORKFLOW NAME=VALUE...: starts a workflow on the default branch. An event of a pull request runs on that pull
# request's commit, with its author's version of the workflow; there no secret is wanted, and an environment for main refuses it.
source "$(dirname "$0")/github.sh"

inputs='{}'
for pair in "${@:2}"; do
  inputs=$(jq -c --arg name "${pair%%=*}" --arg value "${pair#*=}" '. + {($name): $value}' <<<"$inputs")
done
github POST "actions/workflows/$1/dispatches" \
  "$(jq -n --arg ref "$(jq -er .repository.default_branch "$GITHUB_EVENT_PATH")" --argjson inputs "$inputs" '{$ref, $inputs}')"
