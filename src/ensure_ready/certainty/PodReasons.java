package ensure_ready.certainty;

import ensure_ready.catalogue.Code;
import ensure_ready.findings.Finding;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import shared.Kubectl;

/** What findings say of a pod, in a person's words: {@code image not found}. Pure. */
public final class PodReasons {
    public static Map<String, String> of(List<Finding> findings) {
        var reasons = new HashMap<String, String>();
        findings.forEach(f -> say(f).ifPresent(text -> reasons.putIfAbsent(f.pod(), text)));
        return reasons;
    }

    private static Optional<String> say(Finding f) {
        return switch (f.code().family) {
            case IMAGE -> Optional.of(f.code().name().toLowerCase(Locale.ROOT).replace('_', ' '));
            case CONFIG -> f.code().name().endsWith("_MISSING") && !f.objectName().equals(f.ownerName())
                ? Optional.of(Kubectl.ref(f.objectKind(), f.objectName()) + (f.code() == Code.CONFIG_KEY_MISSING
                ? " has no key " + f.param("key") : " is missing")) : Optional.empty();
            default -> Optional.empty();
        };
    }
}
