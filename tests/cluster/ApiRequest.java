import java.time.Instant;

/** One answered request, from the API server's audit log. */
record ApiRequest(Instant at, String user, String userAgent, String verb, String group, String resource,
               String subresource, String namespace, String name, int code) {
}
