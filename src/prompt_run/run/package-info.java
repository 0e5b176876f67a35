/** One run of the agent from its start to its end. */
package prompt_run.run;
