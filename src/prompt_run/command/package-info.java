/** Options, the two streams, and where a result is written. */
package prompt_run.command;
