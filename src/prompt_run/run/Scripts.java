package prompt_run.run;

/** POSIX sh for the agent's place. Nothing but sh and the usual small tools is needed there. */
public final class Scripts {
    /** A container that waits for the agent's run, and ends when asked to. */
    public static final String WAIT = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";

    /** $1 workspace or nothing, $2 program, $3 key of the thread. */
    public static final String PROBE = """
        umask 077
        in_git() { at=$1; while [ -n "$at" ] && [ "$at" != / ]; do [ -e "$at/.git" ] && return 0; at=${at%/*}; done; return 1; }
        empty() { ! find "$1" ! -path "$1" ! -name lost+found -prune 2>/dev/null | grep -q .; }
        has() { if command -v "$1" >/dev/null 2>&1; then echo yes; else echo no; fi; }
        ws=$1
        if [ -z "$ws" ]; then
          top=$(pwd); while [ "$top" != / ] && [ ! -e "$top/.git" ]; do top=${top%/*}; top=${top:-/}; done
          if [ -e "$top/.git" ]; then ws=$top
          elif [ -e /workspace/.git ]; then ws=/workspace
          elif [ "$(pwd)" != / ] && [ "$(pwd)" != "${HOME:-}" ] && [ -w . ] && empty "$(pwd)"; then ws=$(pwd)
          elif [ -w /workspace ] && empty /workspace; then ws=/workspace
          else ws=${HOME:-/tmp}; ws=${ws%/}/workspace; fi
        fi
        if [ -e "$ws/.git" ]; then state=repository; elif empty "$ws"; then state=empty; else state=files; fi
        base=
        for d in "${HOME:-}" /var/tmp /tmp; do
          case $d/ in "$ws"/*) continue ;; esac
          if [ -n "$d" ] && ! in_git "$d" && mkdir -p "$d/.agent-runs" 2>/dev/null && [ -w "$d/.agent-runs" ]; then base=${d%/}/.agent-runs; break; fi
        done
        busy=
        for d in "$base"/run-*/; do
          if [ -e "$d/started" ] && [ ! -e "$d/exit" ]; then
            read -r pid _ <"$d/started"
            if tr '\\000' ' ' <"/proc/$pid/cmdline" 2>/dev/null | grep -q 'keeper.sh keep'; then busy=${d%/}; busy=${busy##*/}; fi
          fi
        done
        thread=; totals=
        if [ -n "$3" ] && [ -r "$base/threads/$3" ]; then
          read -r thread totals <"$base/threads/$3"
          find "${CODEX_HOME:-$HOME/.codex}/sessions" -name "*$thread*" 2>/dev/null | grep -q . || thread=
        fi
        version=; if [ "$2" = codex ]; then version=$(codex --version 2>/dev/null </dev/null | head -n 1); fi
        printf 'version=%s\\n' "$version"
        printf 'base=%s\\nworkspace=%s\\nworkspace_state=%s\\nbusy=%s\\nthread=%s\\ntotals=%s\\n' "$base" "$ws" "$state" "$busy" "$thread" "$totals"
        printf 'git=%s\\nprogram=%s\\nhead=%s\\nend=yes\\n' "$(has git)" "$(has "$2")" "$(if [ "$(printf abc | head -c 2)" = ab ]; then echo yes; else echo no; fi)"
        """;

    /** $1 folder, $2 name, $3 length, $4 SHA-256, $5 cksum. Ends by itself: stdin of an exec cannot be closed. */
    static final String PUT = """
        umask 077
        mkdir -p "$1" && cd "$1" && head -c "$3" >"$2.tmp" || exit 91
        if command -v sha256sum >/dev/null 2>&1; then got=$(sha256sum <"$2.tmp"); got=${got%% *}; want=$4
        else got=$(cksum <"$2.tmp"); want=$5; fi
        [ "$got" = "$want" ] && mv "$2.tmp" "$2" && echo stored "$2" && exit 0
        rm -f "$2.tmp"; exit 92
        """;

    /** Starts the agent in its workspace, with its environment from a file that is gone before the agent runs. */
    public static final String LAUNCHER = """
        run=@RUN@
        mkdir -p @WORKSPACE@ && cd @WORKSPACE@ || exit 96
        . "$run/env.sh"; rm -f "$run/env.sh"
        if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then HOME=$run/home; mkdir -p "$HOME"; export HOME; fi
        { printf '[safe]\\n\\tdirectory = *\\n'; if [ -e "$HOME/.gitconfig" ]; then printf '[include]\\n\\tpath = %s\\n' "$HOME/.gitconfig"; fi; } >"$run/gitconfig"
        export GIT_CONFIG_GLOBAL="$run/gitconfig"
        if [ -e "$run/config.toml" ]; then
          CODEX_HOME=${CODEX_HOME:-$HOME/.codex}
          mkdir -p "$CODEX_HOME" && mv "$run/config.toml" "$CODEX_HOME/@PROFILE@.config.toml" || exit 97
          echo "$CODEX_HOME/@PROFILE@.config.toml" >"$run/profile"
          # codex exec knows the key by another name than everybody else
          if [ -z "${CODEX_API_KEY:-}" ] && [ -n "${OPENAI_API_KEY:-}" ] && [ ! -e "$CODEX_HOME/auth.json" ]; then export CODEX_API_KEY="$OPENAI_API_KEY"; fi
          export CODEX_HOME
        fi
        @COMMAND@ <"$run/prompt.md" >"$run/events.jsonl" 2>"$run/stderr.log"
        """;

    /** $1 folder, $2 profile: Codex reads its config, finds no prompt and stops. */
    static final String STRICT_CONFIG = """
        home=${CODEX_HOME:-$HOME/.codex}
        mkdir -p "$home" && cp "$1/config.toml" "$home/$2.config.toml" || exit 97
        CODEX_HOME=$home codex exec --strict-config -p "$2" --skip-git-repo-check - </dev/null
        rm -rf "$home/$2.config.toml" "$1"
        """;

    static final String KEEPER = """
        # The agent's keeper: starts it once, ends it at its limits, answers the caller's polls. Plain POSIX sh; everything it knows is in files beside it.
        set -u
        umask 077
        dir=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd) || exit 90
        cd "$dir" || exit 90
        total=0 idle=0 lease=0 grace=10 run_id=none codex=no
        [ -r limits ] && . ./limits

        now() { date +%s; }

        # Pids of the agent and all that it started, also what left its process group: they carry the run's id in their environment.
        members() {
          if printf 'a\\000b' | grep -q b; then grep -l "AGENT_RUN_ID=$run_id" /proc/[0-9]*/environ
          else # a grep that stops at a null byte
            for f in /proc/[0-9]*/environ; do
              if tr '\\000' '\\n' <"$f" | grep -qxF "AGENT_RUN_ID=$run_id"; then echo "$f"; fi
            done
          fi 2>/dev/null | cut -d/ -f3
        }

        signal_members() { for p in $(members) $2; do kill -s "$1" "$p" 2>/dev/null; done; }

        end_agent() { # reason, pid of the agent
          [ -e reason ] || { echo "$1" >reason.tmp && mv reason.tmp reason; }
          signal_members TERM "$2"
          left=$grace
          while [ "$left" -gt 0 ] && [ -n "$(members)" ]; do sleep 1; left=$((left - 1)); done
          for again in 1 2 3; do
            [ -n "$(members)" ] || break
            signal_members KILL "$2"
            [ "$again" = 3 ] || sleep 1
          done
        }

        size() { if [ -e "$1" ]; then wc -c <"$1" | tr -d ' '; else echo 0; fi; }

        # Codex reports a dead network for ever ("Reconnecting..."): its error lines are no progress, and neither is its stderr.
        progress() {
          [ "$codex" = yes ] || return 0
          from=$told; told=$(size events.jsonl)
          tail -c "+$((from + 1))" events.jsonl 2>/dev/null | grep -v '^{"type":"error"' | grep -q .
        }

        watch_limits() { # pid of the agent, pid of the keeper
          started=$(now); last=$started; seen=0; told=0
          while sleep 1; do
            [ -e exit ] && return 0
            if ! kill -0 "$2" 2>/dev/null; then end_agent keeper-gone "$1"; return 0; fi
            t=$(now)
            bytes=$(($(size events.jsonl) + $(size stderr.log)))
            if [ "$bytes" -gt "$seen" ]; then progress && last=$t; seen=$bytes; fi
            touched=$(cat lease 2>/dev/null)
            if [ -e cancel ]; then end_agent cancelled "$1"
            elif [ "$total" -gt 0 ] && [ $((t - started)) -ge "$total" ]; then end_agent timeout "$1"
            elif [ "$idle" -gt 0 ] && [ $((t - last)) -ge "$idle" ]; then end_agent idle "$1"
            elif [ "$lease" -gt 0 ] && [ $((t - ${touched:-0})) -ge "$lease" ]; then end_agent caller-gone "$1"
            else continue; fi
            return 0
          done
        }

        born() { # start time of a process, to tell it from a later one with its number; empty for a dead one and a zombie
          if [ -r /proc/self/stat ]; then
            stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 0
            # shellcheck disable=SC2086 # split into fields
            set -- ${stat##*) }
            [ "$1" = Z ] || echo "${20}"
          else kill -0 "$1" 2>/dev/null && echo alive; fi
        }

        keep() {
          [ -e cancel ] && { printf 'rc=143\\nreason=cancelled\\nend=yes\\n' >exit.tmp && mv exit.tmp exit; return 0; }
          hit=; trap 'hit=1' TERM INT HUP
          sh ./agent.sh </dev/null >/dev/null 2>keeper.log &
          agent=$!
          echo "$$ $(born $$)" >started.tmp && mv started.tmp started
          watch_limits "$agent" $$ &
          while :; do
            wait "$agent"; rc=$?
            [ -n "$hit" ] || break
            hit=; : >cancel
          done
          if [ -s profile ]; then rm -f "$(cat profile)"; fi
          # What the agent left running would go on writing into the workspace.
          if [ -n "$(members)" ]; then signal_members TERM ''; sleep 2; signal_members KILL ''; fi
          reason=$(cat reason 2>/dev/null) || reason=finished
          if [ "$(cat ../busy/run 2>/dev/null)" = "${dir##*/}" ]; then rm -rf ../busy; fi
          printf 'rc=%s\\nreason=%s\\nend=yes\\n' "$rc" "$reason" >exit.tmp && mv exit.tmp exit
        }

        # One agent at a time in one place: two in one work tree destroy each other's work.
        claim() {
          for again in 1 2 3; do
            if mkdir ../busy 2>/dev/null; then echo "${dir##*/}" >../busy/run; return 0; fi
            other=$(cat ../busy/run 2>/dev/null)
            [ -n "$other" ] || { sleep 1; other=$(cat ../busy/run 2>/dev/null); }
            if [ -n "$other" ] && at_work "../$other"; then return 1; fi
            mv ../busy "../stale.$$" 2>/dev/null && rm -rf "../stale.$$"
          done
          return 1
        }

        at_work() { # run folder
          if [ -e "$1/exit" ] || [ ! -d "$1/lock" ]; then return 1; fi
          if [ -e "$1/started" ]; then read -r other_pid other_time <"$1/started"; [ -n "$other_time" ] && [ "$(born "$other_pid")" = "$other_time" ]
          else [ $(($(now) - $(cat "$1/lease" 2>/dev/null || echo 0))) -lt 120 ]; fi
        }

        start() {
          if mkdir lock 2>/dev/null; then
            now >lease
            if ! claim; then printf 'rc=75\\nreason=busy\\nend=yes\\n' >exit.tmp && mv exit.tmp exit
            elif command -v setsid >/dev/null 2>&1; then setsid sh "$dir/keeper.sh" keep </dev/null >/dev/null 2>&1 &
            else (trap '' HUP; exec sh "$dir/keeper.sh" keep) </dev/null >/dev/null 2>&1 & fi
          fi
          for again in 1 2 3 4 5; do [ -e started ] || [ -e exit ] || sleep 1; done
          echo locked
        }

        cancel() { : >cancel; }

        poll() { # offset, most bytes
          now >"lease.$$" && mv "lease.$$" lease
          alive=no
          if [ -e started ]; then read -r pid time <started; [ -n "$time" ] && [ "$(born "$pid")" = "$time" ] && alive=yes; fi
          if [ -e exit ]; then state=exited
          elif [ ! -d lock ]; then state=absent
          elif [ ! -e started ]; then state=starting
          elif [ "$alive" = yes ]; then state=running
          else state=gone; fi
          part events.jsonl "$1" "$2" "state=$state
        $(cat exit 2>/dev/null)"
        }

        part() { # file, offset, most bytes, header lines
          bytes=$(($(size "$1") - $2)); [ "$bytes" -lt 0 ] && bytes=0; [ "$bytes" -gt "$3" ] && bytes=$3
          printf 'agent-run\\n%s\\nbytes=%s\\n\\n' "${4:-state=part}" "$bytes"
          if [ "$bytes" -gt 0 ]; then tail -c "+$(($2 + 1))" "$1" | head -c "$bytes"; fi
        }

        join() { # file; from file.0001, file.0002, ...
          cat "$1".[0-9]* >"$1" && rm -f "$1".[0-9]*
          sum "$1"
        }

        sum() { if command -v sha256sum >/dev/null 2>&1; then sha256sum <"$1"; else cksum <"$1"; fi; }

        prune() { # keep this many finished runs
          # shellcheck disable=SC2012 # the names are our own
          ls -1dt ../*/ 2>/dev/null | tail -n "+$(($1 + 1))" | while read -r old; do
            case $old in ../run-*/) [ "$old" != "../${dir##*/}/" ] && [ -e "$old/exit" ] && rm -rf "$old" ;; esac
          done
        }

        # Git with nothing that a repository could bring along: no hooks, no file monitor, no question of who owns it.
        plain_git() {
          printf '[safe]\\n\\tdirectory = *\\n' >"$dir/gitconfig.plain"
          GIT_CONFIG_GLOBAL=$dir/gitconfig.plain GIT_AUTHOR_NAME=prompt-run GIT_AUTHOR_EMAIL=prompt-run@localhost \\
            GIT_COMMITTER_NAME=prompt-run GIT_COMMITTER_EMAIL=prompt-run@localhost GIT_TERMINAL_PROMPT=0 \\
            git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c core.autocrlf=false "$@"
        }

        # The work tree as a tree object: tracked, changed, untracked but not ignored. Repositories nested in it are left out.
        snapshot() { # git directory, work tree
          rm -f index; cp -p "$1/index" index 2>/dev/null # with its time: git takes from it which entries to look into again
          GIT_DIR=$1 GIT_WORK_TREE=$2 GIT_INDEX_FILE=$dir/index; export GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
          [ -e index ] || ! plain_git rev-parse -q --verify HEAD >/dev/null || plain_git read-tree HEAD
          plain_git -C "$2" add -A 2>/dev/null || return 1
          new=$(plain_git ls-files -s | sed -n 's/^160000 [0-9a-f]* [0-9]\\t//p')
          if [ -n "$new" ]; then
            echo "$new" | while read -r nested; do
              plain_git rev-parse -q --verify "HEAD:$nested" >/dev/null || plain_git update-index --force-remove -- "$nested"
            done
          fi
          plain_git write-tree
        }

        git_dir() { (cd "$1" && d=$(plain_git rev-parse --git-dir) && cd "$d" && pwd); }

        # A workspace of ours may be renewed when the caller has had all of it back and nothing changed since.
        renewable() { # workspace
          mark=$1/.git/prompt-run-brought
          if [ -e "$mark" ] && [ "$(cat "$mark")" = "$(snapshot "$1/.git" "$1")@$(plain_git --git-dir="$1/.git" rev-parse HEAD)" ]; then echo renewable=yes; else echo renewable=no; fi
        }

        # Puts the uploaded sources into an empty workspace, or renews one of ours. The repository gets its name when all is there.
        unpack() { # workspace, branch or -, head, work tree as a commit
          ws=$1
          if [ -e "$ws/.git" ]; then
            gd=$ws/.git
            rm -f "$gd/prompt-run-brought"
            plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" add -A || return 1
          else
            gd=$ws/.prompt-run-incoming
            mkdir -p "$ws" && rm -rf "$gd" && plain_git --git-dir="$gd" init -q || return 1
            plain_git --git-dir="$gd" config core.bare false
          fi
          [ -e shallow ] && cp shallow "$gd/shallow"
          plain_git --git-dir="$gd" fetch -q --update-head-ok --no-tags "$dir/source.bundle" '+refs/*:refs/*' || return 1
          if [ "$2" = - ]; then plain_git --git-dir="$gd" update-ref --no-deref HEAD "$3" || return 1
          else
            plain_git --git-dir="$gd" update-ref "refs/heads/$2" "$3" && plain_git --git-dir="$gd" symbolic-ref HEAD "refs/heads/$2" || return 1
          fi
          plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" read-tree --reset -u "$4" || return 1
          plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" read-tree "$3" || return 1
          plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" update-index -q --refresh
          plain_git --git-dir="$gd" update-ref -d "refs/prompt-run/$run_id/work"
          [ "$gd" = "$ws/.git" ] || mv "$gd" "$ws/.git" || return 1
          rm -f source.bundle
          echo unpacked=yes
        }

        # What the workspace looks like before the agent starts: what is new afterwards is the agent's.
        mark() { # workspace
          [ -e "$1/.git" ] || { echo marked=none; return 0; }
          gd=$(git_dir "$1") || return 1
          plain_git --git-dir="$gd" for-each-ref --format='%(refname) %(objectname)' refs/heads >refs.before
          echo "marked=$(snapshot "$gd" "$1")@$(plain_git --git-dir="$gd" rev-parse -q --verify HEAD)"
        }

        # The agent's commits and what it left uncommitted, as one bundle above what the caller has already.
        pack() { # workspace, commits the caller has...
          ws=$1; shift
          [ -e "$ws/.git" ] || { echo packed=none; return 0; }
          gd=$(git_dir "$ws") || return 1
          tree=$(snapshot "$gd" "$ws") || return 1
          GIT_DIR=$gd; export GIT_DIR
          head=$(plain_git rev-parse -q --verify HEAD)
          work=$(echo 'left uncommitted by the agent' | plain_git commit-tree "$tree" ${head:+-p "$head"}) || return 1
          plain_git update-ref "refs/prompt-run/$run_id/work" "$work"
          [ -z "$head" ] || plain_git update-ref "refs/prompt-run/$run_id/head" "$head"
          plain_git for-each-ref --format='%(refname) %(objectname)' refs/heads >refs.after
          touch refs.before
          refs=$(grep -vxFf refs.before refs.after | cut -d' ' -f1)
          not=; for known; do plain_git cat-file -e "$known^{commit}" 2>/dev/null && not="$not ^$known"; done
          # shellcheck disable=SC2086 # words: ref names and object names hold no blanks
          plain_git bundle create "$dir/back.bundle" "refs/prompt-run/$run_id/work" ${head:+"refs/prompt-run/$run_id/head"} $refs $not 2>pack.log || { cat pack.log >&2; return 1; }
          plain_git for-each-ref --format='delete %(refname)' "refs/prompt-run/$run_id" | plain_git update-ref --stdin
          [ -e "$gd/shallow" ] && cp "$gd/shallow" back.shallow
          printf 'packed=yes\\nbranch=%s\\nhead=%s\\nwork=%s\\ntree=%s\\nsize=%s\\nsum=%s\\n' "$(plain_git symbolic-ref -q --short HEAD)" "$head" "$work" "$tree" \\
            "$(size back.bundle)" "$(sum back.bundle)"
        }

        # The caller has everything: a later run may renew this workspace if nothing changed in it until then.
        brought() { # workspace, tree, head
          [ -d "$1/.git" ] && echo "$2@$3" >"$1/.git/prompt-run-brought"
          rm -f back.bundle
        }

        "$@"
        """;

    private Scripts() {
    }
}
