/** Text of others: gathered, cleaned, fenced, masked. */
package prompt_run.text;
