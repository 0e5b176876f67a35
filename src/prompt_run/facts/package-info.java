/** What is read about the run: the event file, the report file, GitHub's API. */
package prompt_run.facts;
