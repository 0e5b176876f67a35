/** Where the agent runs: deploy/codex, its own pod or this machine. */
package prompt_run.place;
