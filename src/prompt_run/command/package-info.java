/** Options, facts from the environment, results and where they are written. */
package prompt_run.command;
