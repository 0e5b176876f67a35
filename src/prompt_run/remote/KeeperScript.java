package prompt_run.remote;

/** The agent's keeper, as sh; {@code sh keeper.sh COMMAND ARGUMENT...} runs one of its functions. */
public final class KeeperScript {
    private static final String SETTINGS = """
# The agent's keeper: starts it once, ends it at its limits, answers the caller's polls.
# Plain POSIX sh; everything it knows is in files beside it.
set -u
umask 077
dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 90
cd "$dir" || exit 90
total=0 idle=0 lease=0 grace=10 run_id=none codex=no max_tokens=0 thread=
[ -r limits ] && . ./limits

now() { date +%s; }

size() { if [ -e "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }

sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else cksum <"$1"; fi; }

ended() { # rc, reason: the exit file, whole or not there
  printf 'rc=%s\\nreason=%s\\nend=yes\\n' "$1" "$2" >exit.tmp && mv exit.tmp exit
}
""";

    private static final String PROCESSES = """

# Pids of the agent and all that it started, also what left its process group: they carry the run's id in their environment.
members() {
  if printf 'a\\000b' | grep -q b; then
    grep -l "AGENT_RUN_ID=$run_id" /proc/[0-9]*/environ
  else # a grep that stops at a null byte
    for f in /proc/[0-9]*/environ; do
      if tr '\\000' '\\n' <"$f" | grep -qxF "AGENT_RUN_ID=$run_id"; then echo "$f"; fi
    done
  fi 2>/dev/null | cut -d/ -f3
}

signal_members() { # signal, one more pid or nothing
  for p in $(members) $2; do kill -s "$1" "$p" 2>/dev/null; done
}

born() { # start time of a process, to tell it from a later one with its number; empty for a dead one and a zombie
  if [ -r /proc/self/stat ]; then
    stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
    # shellcheck disable=SC2086 # split into fields
    set -- ${stat##*) }
    [ "$1" = Z ] || echo "${20}"
  else
    kill -0 "$1" 2>/dev/null && echo alive
  fi
}

same_process() { # file with a pid and its start time
  read -r pid time <"$1"
  [ -n "$time" ] && [ "$(born "$pid")" = "$time" ]
}
""";

    private static final String LIMITS = """

end_agent() { # reason, pid of the agent
  [ -e reason ] || { echo "$1" >reason.tmp && mv reason.tmp reason; }
  signal_members TERM "$2"
  left=$grace
  while [ "$left" -gt 0 ] && [ -n "$(members)" ]; do
    sleep 1
    left=$((left - 1))
  done
  for again in 1 2 3; do
    [ -n "$(members)" ] || break
    signal_members KILL "$2"
    [ "$again" = 3 ] || sleep 1
  done
}

# Codex reports a dead network for ever ("Reconnecting..."): its error lines are no progress, and neither is its stderr.
progress() {
  [ "$codex" = yes ] || return 0
  from=$told
  told=$(size events.jsonl)
  tail -c "+$((from + 1))" events.jsonl 2>/dev/null | grep -v '^{"type":"error"' | grep -q .
}

# What the thread has used so far, by Codex's own session file: input, cached, output, reasoning; nothing where nobody knows.
used() {
  [ -n "$thread" ] || thread=$(head -n 20 events.jsonl 2>/dev/null |
    sed -n '/"type":"thread.started"/s/.*"thread_id":"\\([0-9a-f-]*\\)".*/\\1/p')
  [ -n "$thread" ] && [ -s profile ] || return 0
  all=$(find "$(dirname "$(cat profile)")/sessions" -name "*$thread*" -exec tail -c 2000000 {} \\; 2>/dev/null | grep \
'"total_token_usage":{' |
    tail -n 1 | sed 's/.*"total_token_usage":{\\([^}]*\\)}.*/\\1/')
  [ -n "$all" ] || return 0
  for f in input_tokens cached_input_tokens output_tokens reasoning_output_tokens; do
    n=$(echo ",$all" | sed -n 's/.*,"'"$f"'":\\([0-9][0-9]*\\).*/\\1/p')
    [ -n "$n" ] || return 0
    printf '%s ' "$n"
  done
}

over_tokens() {
  [ "$codex" = yes ] || return 1
  now_used=$(used)
  [ -n "$now_used" ] || return 1
  echo "$now_used" >tokens.tmp && mv tokens.tmp tokens
  # shellcheck disable=SC2046,SC2086 # split into numbers: now, and before this run
  set -- $now_used $(cat tokens.before 2>/dev/null)
  [ $# -ge 4 ] && [ "$max_tokens" -gt 0 ] && [ $(($1 + $3 - ${5:-0} - ${7:-0})) -ge "$max_tokens" ]
}

watch_limits() { # pid of the agent, pid of the keeper
  started=$(now)
  last=$started
  seen=0
  told=0
  while sleep 1; do
    [ -e exit ] && return 0
    if [ -z "$(born "$2")" ]; then
      end_agent keeper-gone "$1"
      return 0
    fi
    t=$(now)
    bytes=$(($(size events.jsonl) + $(size stderr.log)))
    if [ "$bytes" -gt "$seen" ]; then
      progress && last=$t
      seen=$bytes
    fi
    touched=$(cat lease 2>/dev/null)
    if [ -e cancel ]; then end_agent cancelled "$1"
    elif [ "$total" -gt 0 ] && [ $((t - started)) -ge "$total" ]; then end_agent timeout "$1"
    elif [ "$idle" -gt 0 ] && [ $((t - last)) -ge "$idle" ]; then end_agent idle "$1"
    elif [ $((t % 3)) = 0 ] && over_tokens; then end_agent tokens "$1"
    elif [ "$lease" -gt 0 ] && [ $((t - ${touched:-0})) -ge "$lease" ]; then end_agent caller-gone "$1"
    else continue; fi
    return 0
  done
}
""";

    private static final String LIFE = """

keep() { # in the background, from the agent's start to its end
  if [ -e cancel ]; then
    ended 143 cancelled
    return 0
  fi
  hit=
  trap 'hit=1' TERM INT HUP
  sh ./agent.sh </dev/null >/dev/null 2>keeper.log &
  agent=$!
  echo "$$ $(born $$)" >started.tmp && mv started.tmp started
  watch_limits "$agent" $$ &
  while :; do
    wait "$agent"
    rc=$?
    [ -n "$hit" ] || break
    hit=
    : >cancel
  done
  over_tokens
  if [ -s profile ]; then rm -f "$(cat profile)"; fi
  # What the agent left running would go on writing into the workspace.
  if [ -n "$(members)" ]; then
    signal_members TERM ''
    sleep 2
    signal_members KILL ''
  fi
  reason=$(cat reason 2>/dev/null) || reason=finished
  if [ "$(cat ../busy/run 2>/dev/null)" = "${dir##*/}" ]; then rm -rf ../busy; fi
  ended "$rc" "$reason"
}

# One agent at a time in one place: two in one work tree destroy each other's work.
claim() {
  for again in 1 2 3; do
    if mkdir ../busy 2>/dev/null; then
      echo "${dir##*/}" >../busy/run
      return 0
    fi
    other=$(cat ../busy/run 2>/dev/null)
    if [ -z "$other" ]; then
      sleep 1
      other=$(cat ../busy/run 2>/dev/null)
    fi
    if [ -n "$other" ] && at_work "../$other"; then return 1; fi
    mv ../busy "../stale.$$" 2>/dev/null && rm -rf "../stale.$$"
  done
  return 1
}

at_work() { # run folder
  if [ -e "$1/exit" ] || [ ! -d "$1/lock" ]; then return 1; fi
  if [ -e "$1/started" ]; then
    same_process "$1/started"
  else
    [ $(($(now) - $(cat "$1/lease" 2>/dev/null || echo 0))) -lt 120 ]
  fi
}

start() {
  if mkdir lock 2>/dev/null; then
    now >lease
    if ! claim; then
      ended 75 busy
    elif command -v setsid >/dev/null 2>&1; then
      setsid sh "$dir/keeper.sh" keep </dev/null >/dev/null 2>&1 &
    else
      (trap '' HUP; exec sh "$dir/keeper.sh" keep) </dev/null >/dev/null 2>&1 &
    fi
  fi
  for again in 1 2 3 4 5; do [ -e started ] || [ -e exit ] || sleep 1; done
  echo locked
}

cancel() {
  : >cancel
  if [ -e started ] && [ ! -e exit ] && ! same_process started; then # a dead keeper ends nobody
    end_agent keeper-gone ''
    ended 137 keeper-gone
  fi
}

prune() { # keep this many finished runs
  # shellcheck disable=SC2012 # the names are our own
  ls -1dt ../*/ 2>/dev/null | tail -n "+$(($1 + 1))" | while read -r old; do
    case $old in ../run-*/) [ "$old" = "../${dir##*/}/" ] || [ ! -e "$old/exit" ] || rm -rf "$old" ;; esac
  done
}
""";

    private static final String ANSWERS = """

poll() { # offset, most bytes
  now >"lease.$$" && mv "lease.$$" lease
  alive=no
  if [ -e started ] && same_process started; then alive=yes; fi
  if [ -e exit ]; then state=exited
  elif [ ! -d lock ]; then state=absent
  elif [ ! -e started ]; then state=starting
  elif [ "$alive" = yes ]; then state=running
  else state=gone; fi
  part events.jsonl "$1" "$2" "state=$state
tokens=$(cat tokens 2>/dev/null)
$(cat exit 2>/dev/null)"
}

part() { # file, offset, most bytes, header lines
  bytes=$(($(size "$1") - $2))
  [ "$bytes" -lt 0 ] && bytes=0
  [ "$bytes" -gt "$3" ] && bytes=$3
  printf 'agent-run\\n%s\\nbytes=%s\\n\\n' "${4:-state=part}" "$bytes"
  if [ "$bytes" -gt 0 ]; then tail -c "+$(($2 + 1))" "$1" | head -c "$bytes"; fi
}

answer() { # command, arguments...; a caller whose answer was cut asks again
  said=$("$@") || return $?
  say "$said"
}

join() { # file; from file.000001, file.000002, ...
  if [ -e "$1.000001" ]; then
    cat "$1".[0-9]* >"$1.joined" && mv "$1.joined" "$1" && rm -f "$1".[0-9]*
  fi
  sum "$1"
}
""";

    public static final String KEEPER = SETTINGS + PROCESSES + LIMITS + LIFE
        + Scripts.SAY + ANSWERS + WorkTreeScript.COMMANDS + "\n\"$@\"\n";
}
