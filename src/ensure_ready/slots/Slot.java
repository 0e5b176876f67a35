package ensure_ready.slots;

import ensure_ready.model.Labels;
import ensure_ready.model.Obj;
import ensure_ready.model.Target;
import java.time.Instant;
import java.util.regex.Pattern;

/** A slot record. */
public record Slot(int number, String env, String namespace, String owner, int issue,
    int pr, String createdAt, String expiresAt, String uid, long version) {
    /** A DNS label: whatever else a record has as its namespace, nobody uses it. */
    public static final Pattern LABEL = Pattern.compile("[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?");

    static Slot of(Obj configMap, String prefix) {
        var data = configMap.map("/data");
        return new Slot(number(configMap.name().substring(prefix.length())),
            data.getOrDefault("env", ""), data.getOrDefault("namespace", ""),
            data.getOrDefault("owner", ""), number(data.get("issue")), number(data.get("pr")), data.getOrDefault("createdAt", ""),
            configMap.annotation(Labels.EXPIRES), configMap.uid(), configMap.number("/metadata/resourceVersion", 0));
    }

    private static int number(String text) {
        return text != null && text.matches("\\d{1,9}") ? Integer.parseInt(text) : 0;
    }

    Target target(Wanted wanted, boolean fresh) {
        return new Target(env.isEmpty() ? wanted.env() : env, number, namespace, wanted.issue() > 0
            ? wanted.issue() : issue, wanted.pr() > 0 ? wanted.pr() : pr, fresh);
    }

    boolean of(NamespacePattern project) {
        return LABEL.matcher(namespace).matches() && namespace.equals(project.of(number, env, issue));
    }

    boolean expired(Instant now) {
        return Obj.instant(expiresAt).filter(at -> at.isBefore(now)).isPresent();
    }

    @Override
    public String toString() {
        return "slot " + number + " is held by " + (issue > 0 ? "issue " + issue : pr > 0 ? "pull request " + pr : "nobody's issue")
            + (createdAt.isEmpty() ? "" : " since " + createdAt) + (owner.isEmpty() ? "" : " (" + owner + ")") + ": ns/" + namespace;
    }
}
