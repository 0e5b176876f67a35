/** The shell program for the agent's place, and how its answers are read. */
package prompt_run.remote;
