/** What each object says of itself, as findings; and what texts of kubelets, schedulers and programs tell beside it. */
package ensure_ready.findings;
