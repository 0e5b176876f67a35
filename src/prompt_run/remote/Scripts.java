package prompt_run.remote;

/** The small programs for the agent's place: POSIX sh, and nothing but the usual small tools. */
public final class Scripts {
    /** Prints $1 as an answer with its length before it, for {@link Poll}. */
    static final String SAY = """
say() { printf 'agent-run\\nstate=said\\nbytes=%s\\n\\n%s' "$(printf %s "$1" | wc -c | tr -d ' ')" "$1"; }
""";

    /** A container that waits for the agent's run, and ends when asked to. */
    public static final String WAIT = "trap 'exit 0' TERM INT; while :; do sleep 3600 & wait $!; done";

    /** $1 folder, $2 name, $3 length, $4 SHA-256, $5 cksum. Ends by itself: stdin of an exec cannot be closed. */
    public static final String PUT = """
umask 077
mkdir -p "$1" && cd "$1" && head -c "$3" >"$2.tmp" || exit 91
if command -v sha256sum >/dev/null 2>&1; then
  got=$(sha256sum <"$2.tmp")
  got=${got%% *}
  want=$4
else
  got=$(cksum <"$2.tmp")
  want=$5
fi
[ "$got" = "$want" ] && mv "$2.tmp" "$2" && echo stored "$2" && exit 0
rm -f "$2.tmp"
exit 92
""";

    /** Starts the agent in its workspace, with its environment from a file that is gone before the agent runs. */
    public static final String LAUNCHER = """
run=@RUN@
(umask 022; mkdir -p @WORKSPACE@) && cd @WORKSPACE@ || exit 96
mkdir -p "${TMPDIR:-.}"
[ ! -d .git ] || set -- -c "sandbox_workspace_write.writable_roots=[\\"$(pwd)/.git\\"]"
. "$run/env.sh"
rm -f "$run/env.sh"
if [ -z "${HOME:-}" ] || [ ! -w "$HOME" ]; then
  HOME=$run/home
  mkdir -p "$HOME"
  export HOME
fi
{
  printf '[safe]\\n\\tdirectory = *\\n[user]\\n\\tname = prompt-run\\n\\temail = prompt-run@localhost\\n'
  for own in /etc/gitconfig "$HOME/.gitconfig"; do
    if [ -e "$own" ]; then printf '[include]\\n\\tpath = %s\\n' "$own"; fi
  done
} >"$run/gitconfig"
export GIT_CONFIG_GLOBAL="$run/gitconfig"
if [ -e "$run/config.toml" ]; then
  CODEX_HOME=${CODEX_HOME:-$HOME/.codex}
  export CODEX_HOME
  profile=$CODEX_HOME/@PROFILE@.config.toml
  mkdir -p "$CODEX_HOME" && mv "$run/config.toml" "$profile" || exit 97
  echo "$profile" >"$run/profile"
  sh "$run/keeper.sh" used >"$run/tokens.before"
  # codex exec knows the key by another name than everybody else
  if [ -z "${CODEX_API_KEY:-}" ] && [ -n "${OPENAI_API_KEY:-}" ] && [ ! -e "$CODEX_HOME/auth.json" ]; then
    export CODEX_API_KEY="$OPENAI_API_KEY"
  fi
fi
# What the run writes stays the user's own; what the agent makes, others may read.
: >"$run/events.jsonl"
: >"$run/stderr.log"
: >"$run/last.md"
umask 022
@COMMAND@ <"$run/prompt.md" >"$run/events.jsonl" 2>"$run/stderr.log"
""";

    /** $1 folder, $2 profile: Codex reads its config, finds no prompt and stops. */
    public static final String STRICT_CONFIG = SAY + """
home=${CODEX_HOME:-$HOME/.codex}
mkdir -p "$home" && cp "$1/config.toml" "$home/$2.config.toml" || exit 97
say "$(CODEX_HOME=$home codex exec --strict-config -p "$2" --skip-git-repo-check - 2>&1 </dev/null)"
rm -rf "$home/$2.config.toml" "$1"
""";

    public static final String DISCARD = "rm -rf \"$1\"";
}
