package ensure_ready.model;

import shared.Kubectl;

/** One judged object, as the JSON gives it. */
public record Workload(String kind, String name, State state, long ready, long desired, String message) {
    /** Of another namespace than the slot's, where the name alone would mean another object. */
    public Workload in(String namespace) {
        return new Workload(kind, namespace + "/" + name, state, ready, desired, message);
    }

    public String ref() {
        return Kubectl.ref(kind, name);
    }
}
