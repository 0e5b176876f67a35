package ensure_ready.model;

/** One judged object, as the JSON gives it. */
public record Workload(String kind, String name, State state, long ready, long desired, String message) {
    public String ref() {
        return Obj.ref(kind, name);
    }
}
