package ensure_ready.diagnosis;

import java.util.regex.Pattern;

/** Amounts of resources as Kubernetes writes them: {@code 500m}, {@code 2Gi}. */
public final class Quantities {
    private static final Pattern AMOUNT = Pattern.compile("(\\d+(?:\\.\\d+)?)(m|[kKMGTPE]i?)?");

    private Quantities() { }

    /** Zero for what is none. */
    static double of(String text) {
        var match = AMOUNT.matcher(text);
        if (!match.matches()) {
            return 0;
        }
        var unit = match.group(2) == null ? "" : match.group(2);
        var power = unit.isEmpty() ? 0 : "kMGTPE".indexOf(unit.replace('K', 'k').charAt(0)) + 1;
        return Double.parseDouble(match.group(1)) * (unit.equals("m") ? 0.001 : Math.pow(unit.endsWith("i") ? 1024 : 1000, power));
    }

    /** Of memory in {@code Mi}, of anything else in thousandths when it is small. */
    static String text(String resource, double amount) {
        var mebi = resource.contains("memory") || resource.contains("storage");
        return mebi ? Math.round(amount / (1 << 20)) + "Mi" : amount == Math.rint(amount) ? String.valueOf((long) amount)
            : Math.round(amount * 1000) + "m";
    }
}
