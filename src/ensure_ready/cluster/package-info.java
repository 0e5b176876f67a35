/** The API server: requests, watches, and collecting what explains a fault. */
package ensure_ready.cluster;
