package prompt_run.remote;

/** Looks around in a place before anything is put there: POSIX sh, and nothing but the usual small tools. */
public final class ProbeScript {
    /** $1 workspace or nothing, $2 program, $3 key of the thread. It travels in a request's URL, which proxies cut at 8 KiB. */
    public static final String PROBE = Scripts.SAY + """
umask 077
in_git() {
  at=$1
  while [ -n "$at" ] && [ "$at" != / ]; do
    [ -e "$at/.git" ] && return 0
    at=${at%/*}
  done
  return 1
}
empty() { ! find "$1" ! -path "$1" ! -name lost+found -prune 2>/dev/null | grep -q .; }
has() { if command -v "$1" >/dev/null 2>&1; then echo yes; else echo no; fi; }
cuts() { if [ "$(printf abc | head -c 2)" = ab ]; then echo yes; else echo no; fi; }
ws=$1
if [ -z "$ws" ]; then
  top=$(pwd)
  while [ "$top" != / ] && [ ! -e "$top/.git" ]; do top=${top%/*}; top=${top:-/}; done
  if [ -e "$top/.git" ]; then ws=$top
  elif [ -e /workspace/.git ]; then ws=/workspace
  elif [ "$(pwd)" != / ] && [ "$(pwd)" != "${HOME:-}" ] && [ -w . ] && empty "$(pwd)"; then ws=$(pwd)
  elif [ -w /workspace ] && empty /workspace; then ws=/workspace
  else
    ws=${HOME:-/tmp}
    [ -w "$ws" ] || ws=/tmp
    ws=${ws%/}/workspace
  fi
fi
at=$ws
while [ ! -e "$at" ]; do at=${at%/*} at=${at:-/}; done
if [ -w "$at" ]; then writable=yes; else writable=no; fi
if [ -e "$ws/.git" ]; then state=repository; elif empty "$ws"; then state=empty; else state=files; fi
base=
for d in "${HOME:-}" /var/tmp /tmp; do
  case $d/ in "$ws"/*) continue ;; esac
  runs=$d/.agent-runs
  if [ -n "$d" ] && ! in_git "$d" && mkdir -p "$runs" 2>/dev/null && [ -w "$runs" ]; then
    base=${d%/}/.agent-runs
    break
  fi
done
busy=
for d in "$base"/run-*/; do
  if [ ! -e "$d/started" ] || [ -e "$d/exit" ]; then continue; fi
  read -r pid _ <"$d/started"
  if tr '\\000' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'keeper.sh keep'; then
    busy=${d%/}
    busy=${busy##*/}
  fi
done
thread=
totals=
if [ -n "$3" ] && [ -r "$base/threads/$3" ]; then
  read -r thread totals <"$base/threads/$3"
  find "${CODEX_HOME:-$HOME/.codex}/sessions" -name "*$thread*" 2>/dev/null | grep -q . || thread=
fi
version=
[ "$2" = codex ] && version=$(codex --version 2>/dev/null </dev/null | head -n 1)
tools=
missing=
for t in git kubectl gh curl; do
  if [ "$(has "$t")" = yes ]; then tools="$tools$t "; else missing="$missing$t "; fi
done
say "version=$version
tools=$tools
missing=$missing
base=$base
workspace=$ws
workspace_state=$state
busy=$busy
thread=$thread
totals=$totals
writable=$writable
git=$(has git)
program=$(has "$2")
head=$(cuts)"
""";
}
