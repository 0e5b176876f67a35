/** The machine's clock, and the failure that ends a run. */
package ensure_ready.system;
