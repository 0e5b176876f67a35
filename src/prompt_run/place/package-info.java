/** Where the agent runs: deploy/codex, its own pod or the runner. */
package prompt_run.place;
