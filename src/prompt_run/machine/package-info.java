/** This machine: files, processes, randomness, and what is told to people meanwhile. */
package prompt_run.machine;
