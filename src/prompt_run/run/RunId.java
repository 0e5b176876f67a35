package prompt_run.run;

import java.security.SecureRandom;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.HexFormat;

/** A run's name: sorts by time, and is a valid part of a Kubernetes name. */
public final class RunId {
    public static String next() {
        byte[] random = new byte[4];
        new SecureRandom().nextBytes(random);
        return DateTimeFormatter.ofPattern("yyyyMMddHHmmss").withZone(ZoneOffset.UTC)
            .format(Instant.now()) + "-" + HexFormat.of().formatHex(random);
    }
}
