/** Objects and snapshots of a namespace. */
package ensure_ready.model;
