/** Sources to the agent, and its commits back. */
package prompt_run.sources;
