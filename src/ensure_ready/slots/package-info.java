/** Records of slots, their namespaces, taking and releasing them. */
package ensure_ready.slots;
