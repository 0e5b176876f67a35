/** The working tree: uploaded to the agent, and its work brought back. */
package prompt_run.sources;
