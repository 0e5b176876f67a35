/** The soft wait: looks at each change until the outcome is proven, certain, or the time is up. */
package ensure_ready.waiting;
