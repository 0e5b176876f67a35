package ensure_ready.diagnosis;

import io.fabric8.kubernetes.api.model.Quantity;

/** Amounts of resources as Kubernetes writes them: {@code 500m}, {@code 2Gi}. */
public final class Quantities {
    /** Zero for what is none. */
    static double of(String text) {
        try {
            return Quantity.parse(text).getNumericalAmount().doubleValue();
        } catch (IllegalArgumentException e) {
            return 0;
        }
    }

    /** Of memory in {@code Mi}, of anything else in thousandths when it is small. */
    static String text(String resource, double amount) {
        var mebi = resource.contains("memory") || resource.contains("storage");
        return mebi ? Math.round(amount / (1 << 20)) + "Mi" : amount == Math.rint(amount) ? String.valueOf((long) amount)
            : Math.round(amount * 1000) + "m";
    }
}
