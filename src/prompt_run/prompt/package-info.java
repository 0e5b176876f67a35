/** What the templates get to see, and the prompt. */
package prompt_run.prompt;
