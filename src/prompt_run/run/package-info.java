/** The agent's run: its scripts, keeper, limits and verdict. */
package prompt_run.run;
