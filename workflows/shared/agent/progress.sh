#!/usr/bin/env bash
# While the agent works, the status comment says with which environment. A comment that cannot be edited stops nobody.
source "$(dirname "$0")/github.sh"

AI_LANG=$(jq -r .lang <<<"$RUN")
REPORT=$(jq -cn --argjson environment "$(environment_of ready)" '{$environment}')
export AI_LANG REPORT RESULT=running
bash "$(dirname "$0")/report.sh" || echo "::warning::the status comment could not be edited"
