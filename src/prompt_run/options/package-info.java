/** What options and variables mean. */
package prompt_run.options;
