/** Options, the steps of each verb, what is known so far, and exit codes. */
package ensure_ready.command;
