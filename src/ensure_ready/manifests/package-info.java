/** Loading and rendering manifests, mirroring sources, preparing images, applying. */
package ensure_ready.manifests;
