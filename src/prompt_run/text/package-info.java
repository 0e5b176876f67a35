/** Text of others: selected, cleaned, fenced, masked. */
package prompt_run.text;
