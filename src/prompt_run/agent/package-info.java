/** The agent's settings, its command and its environment. */
package prompt_run.agent;
