/** How a run ended, and what is told about it. */
package prompt_run.verdict;
