#!/usr/bin/env bash
# Is this repository set up for the workflows?   bash .github/agent/check.sh OWNER/NAME [KUBECONFIG]
# Reads only. Needs curl, jq and GITHUB_TOKEN (or gh with a login) of somebody who may see the repository's settings; with the
# runner's KUBECONFIG also kubectl, and then it checks what the runner may do in the cluster. Runs in bash 3.2 (macOS).
# Ends with 0: all there; 1: something is missing; 2: called wrongly; 3: nothing is known to be missing, but not all could be seen.
[ $# -ge 1 ] && [ $# -le 2 ] || { echo 'usage: check.sh OWNER/NAME [KUBECONFIG]' >&2; exit 2; }
export GITHUB_REPOSITORY=$1 GITHUB_API_URL=${GITHUB_API_URL:-https://api.github.com}
GITHUB_TOKEN=${GITHUB_TOKEN:-$(gh auth token 2>/dev/null)} || { echo 'check: set GITHUB_TOKEN, or log in with gh' >&2; exit 2; }
export GITHUB_TOKEN
kubeconfig=${2-}
source "$(dirname "$0")/github.sh"
[ -z "$kubeconfig" ] || [ -r "$kubeconfig" ] || { echo "check: cannot read the kubeconfig $kubeconfig" >&2; exit 2; }
if [ -n "$kubeconfig" ]; then kubeconfig=$(cd "$(dirname "$kubeconfig")" && pwd)/$(basename "$kubeconfig"); fi
cd "$(dirname "$0")/../.."
missing=0 unknown=0

main() {
  repository
  files
  agent
  there 'environment ai' 'create it in Settings, Environments, for the default branch only' environments/ai
  secrets
  variables
  labels
  pull_requests
  if [ -n "$kubeconfig" ]; then
    cluster
  else
    echo 'skipped  the cluster: name the kubeconfig of the runner as second argument to have it checked'
  fi
  if [ "$missing" = 1 ]; then exit 1; elif [ "$unknown" = 1 ]; then exit 3; fi
}

ok() { echo "ok       $1"; }
missing() { echo "missing  $1: $2"; missing=1; }
unknown() { echo "unknown  $1: $2"; unknown=1; }

# check WHAT HOW-TO-MEND COMMAND...
check() {
  if "${@:3}" >/dev/null 2>&1; then ok "$1"; else missing "$1" "$2"; fi
}

# ask PATH leaves GitHub's answer in $scratch/answer; 4: GitHub says that it is not there; 1: it cannot be told, and $why says why.
why=''
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
ask() {
  local code
  if ! code=$(curl --silent --show-error --max-time 30 --output "$scratch/answer" --write-out '%{http_code}' \
    --header 'Accept: application/vnd.github+json' --header 'X-GitHub-Api-Version: 2022-11-28' \
    --config <(printf 'header = "Authorization: Bearer %s"\n' "$GITHUB_TOKEN") \
    "$GITHUB_API_URL/repos/$GITHUB_REPOSITORY${1:+/$1}" 2>"$scratch/error"); then
    why="cannot reach $GITHUB_API_URL ($(plain "$(cat "$scratch/error")"))"
    return 1
  fi
  case $code in
    2??) ;;
    404) return 4 ;;
    *)
      why="GitHub answers $code: $(plain "$(jq -r '.message // empty' "$scratch/answer" 2>/dev/null || printf '')")"
      return 1
      ;;
  esac
}

# Without the repository nothing can be said about it: better one true line than twenty wrong ones.
repository() {
  local code=0
  ask '' || code=$?
  if [ "$code" = 4 ]; then
    echo "check: no repository $GITHUB_REPOSITORY, or this token may not see it" >&2
    exit 3
  elif [ "$code" != 0 ]; then
    echo "check: $why" >&2
    exit 3
  fi
}

files() {
  local file
  for file in ensure_ready.java prompt_run.java templates \
    .github/workflows/ai_{gate,gate_review,report,dev_issue,plan_issue,repair_issue,review,cleanup}.yml; do
    check "$file" 'copy it' test -e "$file"
  done
  check jbangw 'copy it, and keep it executable: git update-index --chmod=+x jbangw' test -x jbangw
}

# The agent's own Deployment, its account, its image. Where a program renders the manifests, only that program knows.
agent() {
  local file account
  if grep -qs -- '--render' .github/workflows/ai_dev_issue.yml; then
    echo 'skipped  deploy/codex: your renderer makes it; what it prints must hold a Deployment named codex'
    return
  fi
  file=$(deployment)
  if [ -z "$file" ]; then
    missing deploy/codex 'copy deploy/codex/codex.yaml: without it no run finds a place for its agent'
    return
  fi
  ok "deploy/codex in $file"
  account=$(sed -n 's/^ *serviceAccountName: *//p' "$file")
  check "account ${account:-default} of deploy/codex" 'copy deploy/codex/rbac.yaml, and name its ServiceAccount in the Deployment' \
    grep -rqE "name: ${account:-no account}\$" deploy --include='rbac*'
  if grep -q 'image: .*registry\.example' "$file"; then
    missing 'image of deploy/codex' "build deploy/codex/Dockerfile, push the image and write its name into $file"
  else
    ok 'image of deploy/codex'
  fi
}

deployment() {
  local file
  while read -r file; do
    if grep -q 'kind: Deployment' "$file"; then
      printf '%s' "$file"
      return
    fi
  done < <(grep -lsr --include='*.y*ml' --include='*.ftl' -E '^ *name: codex *$|metadata: [{]name: codex[,}]' deploy)
}

# known LIST SIZE JQ: adds names from a list of GitHub's to $names, page by page; what may not be seen goes to $unseen.
names='' unseen=''
known() {
  local page=1 code
  while [ "$page" -le 20 ]; do
    code=0
    ask "$1?per_page=$2&page=$page" || code=$?
    # Personal accounts have no organization, and an environment that is not there holds nothing.
    if [ "$code" = 4 ]; then return; fi
    if [ "$code" != 0 ]; then
      unseen="$unseen $1 ($why)"
      return
    fi
    names="$names$(jq -r "$3" "$scratch/answer")"$'\n'
    if [ "$(jq '(.secrets // .variables) | length' "$scratch/answer")" -lt "$2" ]; then return; fi
    page=$((page + 1))
  done
}

# found KIND NAME PATTERN HOW-TO-MEND
found() {
  if grep -q "$3" <<<"$names"; then
    ok "$1 $2"
  elif [ -n "$unseen" ]; then
    unknown "$1 $2" "this token does not see$unseen"
  else
    missing "$1 $2" "$4"
  fi
}

# What the workflows name is what must be there; a token of your own for the push is a choice.
push_token=no
secrets() {
  local name
  names='' unseen=''
  known environments/ai/secrets 100 '.secrets[].name'
  known actions/secrets 100 '.secrets[].name'
  known actions/organization-secrets 100 '.secrets[].name'
  if grep -qx AI_PUSH_TOKEN <<<"$names"; then push_token=yes; fi
  while read -r name; do
    found secret "$name" "^$name\$" 'add it to the environment ai'
  done < <(named_in_workflows secrets | grep -vx AI_PUSH_TOKEN)
}

# What a workflow has a value of its own for (`vars.NAME || '…'`) need not be there.
named_in_workflows() { grep -ohE "$1\\.[A-Z0-9_]+( \\|\\|)?" .github/workflows/ai_*.yml | grep -v '|' | cut -d. -f2 | sort -u; }

# The gate reads AI_ALLOWED_USERS outside the environment; the other variables may stand in it. GitHub gives 30 a page, whatever is asked.
variables() {
  local name
  names='' unseen=''
  known actions/variables 30 '.variables[] | .name + "=" + .value'
  known actions/organization-variables 30 '.variables[] | .name + "=" + .value'
  found variable AI_ALLOWED_USERS '^AI_ALLOWED_USERS=.' 'the logins that may start an agent, between commas'
  known environments/ai/variables 30 '.variables[] | .name + "=" + .value'
  while read -r name; do
    found variable "$name" "^$name=." 'add it to the environment ai'
  done < <(named_in_workflows vars | grep -vx AI_ALLOWED_USERS)
}

# there WHAT HOW-TO-MEND PATH
there() {
  local code=0
  ask "$3" || code=$?
  case $code in
    0) ok "$1" ;;
    4) missing "$1" "$2" ;;
    *) unknown "$1" "$why" ;;
  esac
}

labels() {
  local mode
  for mode in dev plan repair; do there "label [ai-$mode]" 'create it' "labels/%5Bai-$mode%5D"; done
}

pull_requests() {
  local code=0 what='workflows may open pull requests'
  if [ "$push_token" = yes ]; then
    ok "$what, with AI_PUSH_TOKEN"
    return
  fi
  ask actions/permissions/workflow || code=$?
  if [ "$code" != 0 ]; then
    unknown "$what" "${why:-GitHub does not say it}"
  elif [ "$(jq -r .can_approve_pull_request_reviews "$scratch/answer")" = true ]; then
    ok "$what"
  else
    missing "$what" 'allow it in Settings, Actions, General, or set the secret AI_PUSH_TOKEN'
  fi
}

kube() { kubectl --kubeconfig "$kubeconfig" --request-timeout 15s "$@"; }

cluster() {
  local server right
  if ! command -v kubectl >/dev/null; then
    unknown 'the cluster' 'kubectl is not on the PATH'
    return
  fi
  server=$(kube config view --minify --output 'jsonpath={.clusters[0].cluster.server}' 2>/dev/null || printf '')
  local private='//(127\.|10\.|192\.168\.|172\.(1[6-9]|2[0-9]|3[01])\.|localhost|kubernetes\.|\[::1\])'
  if grep -qs 'runs-on: ubuntu' .github/workflows/ai_dev_issue.yml && [[ $server =~ $private ]]; then
    missing 'address of the cluster' \
      "$server is not reachable from GitHub's runners: take the public one, or a runner of your own (runs-on)"
  fi
  if ! kube get --raw /version >"$scratch/version" 2>"$scratch/error"; then
    unknown 'the cluster' "$server does not answer: $(plain "$(tail -n 1 "$scratch/error")")"
    return
  fi
  ok "the cluster at $server"
  while read -r right; do
    # shellcheck disable=SC2086 # verb, resource and options are words
    check "right: $right" "apply runner.yaml and use its account for the runner" kube auth can-i --quiet $right
  done < <(rights)
}

# One line for each thing that the two scripts do; all of them is in runner.yaml.
rights() {
  cat <<'END'
create namespaces
delete namespaces
get configmaps --namespace codex-system
create configmaps --namespace codex-system
delete configmaps --namespace codex-system
list pods --all-namespaces
watch events --all-namespaces
list secrets --all-namespaces
patch deployments.apps --all-namespaces
create roles.rbac.authorization.k8s.io --all-namespaces
create rolebindings.rbac.authorization.k8s.io --all-namespaces
create pods/exec --all-namespaces
get pods/log --all-namespaces
END
}

main
