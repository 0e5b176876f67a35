/** Causes and what they mean: a row of policy for each code, and the messages that stand for it. */
package ensure_ready.catalogue;
