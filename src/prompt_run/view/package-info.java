/** What the objects around deploy/codex say, and the objects of a pod of our own. */
package prompt_run.view;
