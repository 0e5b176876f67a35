/** Templates and the prompt that is made from them. */
package prompt_run.prompt;
