/** The caller's side of the keeper, the program that looks after the agent in its place. */
package prompt_run.keeper;
