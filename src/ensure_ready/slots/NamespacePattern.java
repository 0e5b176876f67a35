package ensure_ready.slots;

/** The namespace that a project gives a slot: what makes a record the project's own. */
public interface NamespacePattern {
    String of(int number, String env, int issue);
}
