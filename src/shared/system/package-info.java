/** What both scripts use of the machine: processes, terminal, kubeconfig. */
package shared.system;
