package prompt_run.remote;

/** The keeper's commands for the agent's work tree: sources put in, changes packed up. Git is needed for them alone. */
public final class WorkTreeScript {
    private static final String GIT = """

# Git with nothing that a repository could bring along: no hooks, no file monitor, no question of who owns it.
plain_git() {
  printf '[safe]\\n\\tdirectory = *\\n' >"$dir/gitconfig.plain"
  GIT_CONFIG_GLOBAL=$dir/gitconfig.plain GIT_AUTHOR_NAME=prompt-run GIT_AUTHOR_EMAIL=prompt-run@localhost \\
    GIT_COMMITTER_NAME=prompt-run GIT_COMMITTER_EMAIL=prompt-run@localhost GIT_TERMINAL_PROMPT=0 \\
    git -c core.hooksPath=/dev/null -c core.fsmonitor=false -c gc.auto=0 -c core.autocrlf=false "$@"
}

git_dir() { (cd "$1" && d=$(plain_git rev-parse --git-dir) && cd "$d" && pwd); }

heads() { plain_git --git-dir="$1" for-each-ref --format='%(refname) %(objectname)' refs/heads; }

# The work tree as a tree object: tracked, changed, untracked but not ignored. Repositories nested in it are left out.
snapshot() { # git directory, work tree
  rm -f index
  cp -p "$1/index" index 2>/dev/null # with its time: git takes from it which entries to look into again
  GIT_DIR=$1 GIT_WORK_TREE=$2 GIT_INDEX_FILE=$dir/index
  export GIT_DIR GIT_WORK_TREE GIT_INDEX_FILE
  [ -e index ] || ! plain_git rev-parse -q --verify HEAD >/dev/null || plain_git read-tree HEAD
  plain_git -C "$2" add -A 2>/dev/null || return 1
  plain_git ls-files -sz | tr '\\000' '\\n' | sed -n 's/^160000 [0-9a-f]* [0-9]\\t//p' | while IFS= read -r nested; do
    plain_git rev-parse -q --verify "HEAD:$nested" >/dev/null || plain_git update-index --force-remove -- "$nested"
  done
  plain_git write-tree
}
""";

    private static final String UPLOAD = """

# A workspace of ours may be renewed when the caller has had all of it back and nothing changed since.
renewable() { # workspace
  mark=$1/.git/prompt-run-brought
  if [ -e "$mark" ] && [ "$(cat "$mark")" = "$(snapshot "$1/.git" "$1")@$(plain_git --git-dir="$1/.git" rev-parse HEAD)" ]; then
    echo renewable=yes
  else
    echo renewable=no
  fi
}

# Puts the uploaded sources into an empty workspace, or renews one of ours. The repository gets its name when all is there.
unpack() { # workspace, branch or -, head, work tree as a commit
  [ ! -e unpacked ] || { echo unpacked=yes; return 0; }
  umask 022
  ws=$1
  if [ -e "$ws/.git" ]; then
    gd=$ws/.git
    rm -f "$gd/prompt-run-brought"
    in_workspace add -A || return 1
  else
    gd=$ws/.prompt-run-incoming
    mkdir -p "$ws" && rm -rf "$gd" && plain_git --git-dir="$gd" init -q || return 1
    plain_git --git-dir="$gd" config core.bare false
  fi
  [ -e shallow ] && cp shallow "$gd/shallow"
  plain_git --git-dir="$gd" fetch -q --update-head-ok --no-tags "$dir/source.bundle" '+refs/*:refs/*' || return 1
  if [ "$2" = - ]; then
    plain_git --git-dir="$gd" update-ref --no-deref HEAD "$3" || return 1
  else
    plain_git --git-dir="$gd" update-ref "refs/heads/$2" "$3" || return 1
    plain_git --git-dir="$gd" symbolic-ref HEAD "refs/heads/$2" || return 1
  fi
  in_workspace read-tree --reset -u "$4" || return 1
  in_workspace read-tree "$3" || return 1
  in_workspace update-index -q --refresh
  plain_git --git-dir="$gd" update-ref -d "refs/prompt-run/$run_id/work"
  [ "$gd" = "$ws/.git" ] || mv "$gd" "$ws/.git" || return 1
  : >unpacked
  rm -f source.bundle
  echo unpacked=yes
}

in_workspace() { plain_git --git-dir="$gd" --work-tree="$ws" -C "$ws" "$@"; }
""";

    private static final String BRING_BACK = """

# What the workspace looks like before the agent starts: what is new afterwards is the agent's.
mark() { # workspace
  [ -e "$1/.git" ] || { echo marked=none; return 0; }
  gd=$(git_dir "$1") || return 1
  heads "$gd" >refs.before
  echo "marked=$(snapshot "$gd" "$1")@$(plain_git --git-dir="$gd" rev-parse -q --verify HEAD)"
}

# The agent's commits and what it left uncommitted, as one bundle above what the caller has already.
pack() { # workspace, commits the caller has...
  ws=$1
  shift
  [ -e "$ws/.git" ] || { echo packed=none; return 0; }
  gd=$(git_dir "$ws") || return 1
  tree=$(snapshot "$gd" "$ws") || return 1
  GIT_DIR=$gd
  export GIT_DIR
  head=$(plain_git rev-parse -q --verify HEAD)
  work=$(echo 'left uncommitted by the agent' | plain_git commit-tree "$tree" ${head:+-p "$head"}) || return 1
  mine=refs/prompt-run/$run_id
  plain_git update-ref "$mine/work" "$work"
  [ -z "$head" ] || plain_git update-ref "$mine/head" "$head"
  heads "$gd" >refs.after
  touch refs.before
  refs=$(grep -vxFf refs.before refs.after | cut -d' ' -f1)
  not=
  for known; do plain_git cat-file -e "$known^{commit}" 2>/dev/null && not="$not ^$known"; done
  # shellcheck disable=SC2086 # words: ref names and object names hold no blanks
  if ! plain_git bundle create "$dir/back.bundle" "$mine/work" ${head:+"$mine/head"} $refs $not 2>pack.log; then
    cat pack.log >&2
    return 1
  fi
  plain_git for-each-ref --format='delete %(refname)' "$mine" | plain_git update-ref --stdin
  [ -e "$gd/shallow" ] && cp "$gd/shallow" back.shallow
  printf 'packed=yes\\nbranch=%s\\nhead=%s\\n' "$(plain_git symbolic-ref -q --short HEAD)" "$head"
  printf 'work=%s\\ntree=%s\\nsize=%s\\nsum=%s\\n' "$work" "$tree" "$(size back.bundle)" "$(sum back.bundle)"
}

# The caller has everything: a later run may renew this workspace if nothing changed in it until then.
brought() { # workspace, tree, head
  [ -d "$1/.git" ] && echo "$2@$3" >"$1/.git/prompt-run-brought"
  rm -f back.bundle
}
""";

    static final String COMMANDS = GIT + UPLOAD + BRING_BACK;
}
