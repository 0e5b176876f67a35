package prompt_run.subject;

import java.nio.file.Path;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.node.MissingNode;

/** What is known about the environment. Fails closed: it is healthy only when nothing says otherwise and a report, if named, proves it. */
public record Infra(boolean unhealthy, boolean reported, String problem, Path file, JsonNode report) {

    static final String NAME = "[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?";

    public static Infra withoutReport(boolean asked) {
        return new Infra(asked, false, null, null, MissingNode.getInstance());
    }

    public static Infra of(boolean asked, Path file, JsonNode root) {
        if (root == null || !root.isObject()) {
            return broken(file, "it is not a JSON object");
        }
        var ready = root.path("infraReady");
        var problem = ready.isBoolean() ? null : "it does not say infraReady true or false";
        return new Infra(asked || !(ready.isBoolean() && ready.booleanValue(false)), true, problem, file, root);
    }

    public static Infra broken(Path file, String problem) {
        return new Infra(true, false, problem, file, MissingNode.getInstance());
    }

    /** A report about another namespace proves nothing of this one; where nobody tells which it is, it counts. */
    public Infra about(String namespace) {
        var other = name("namespace");
        return namespace == null || other == null || other.equals(namespace) ? this
            : broken(file, "it is about namespace " + other + ", not " + namespace);
    }

    Integer number(String field) {
        return GitHubEvent.number(report.path(field));
    }

    String name(String field) {
        var value = report.path(field).asString("");
        return value.matches(NAME) ? value : null;
    }
}
